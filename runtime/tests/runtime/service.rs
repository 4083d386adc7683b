//! The frame around every service: readiness, identity, and an orderly end.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use axum::{Router, extract::FromRef, routing::get};
use common::{
    event::{
        Envelope, Event, ResyncReply, Role, Timestamp, UserFact, UserState, encode, resync_subject,
        topology::ConsumerSpec,
    },
    ids::EventId,
};
use futures::StreamExt as _;
use runtime::{
    auth::{CurrentUser, Verifier},
    bus::Bus,
    service::{Service, ServiceContext, StartError},
    store::{Cause, Lease, StoreError},
};
use testkit::{Client, DatabaseServer, NatsServer, RunningService, TestDatabase, TestIssuer, eventually};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Following, cause};

#[derive(Debug, Clone, clap::Args)]
struct Greeting {
    #[arg(long, default_value = "hello")]
    greeting: String,
}

#[derive(Clone, FromRef)]
struct State {
    verifier: Verifier,
    greeting: String,
    draining: CancellationToken,
}

impl State {
    fn new(context: &ServiceContext, settings: Greeting) -> Result<Self, StartError> {
        Ok(Self {
            verifier: context.verifier.clone(),
            greeting: settings.greeting,
            draining: context.draining(),
        })
    }
}

fn greeter() -> Service<State, Greeting> {
    Service::new("greeter", "Greets the user who is signed in", State::new)
        .aggregate::<Following>()
        .routes(|state| {
            Router::new()
                .route("/greeting", get(greet))
                .route("/slow", get(slow))
                .with_state(state)
        })
}

async fn greet(user: CurrentUser, axum::extract::State(greeting): axum::extract::State<String>) -> String {
    format!("{greeting}, {}", user.username)
}

static IN_FLIGHT: AtomicBool = AtomicBool::new(false);

/// Responds only once the service is about to end.
async fn slow(axum::extract::State(draining): axum::extract::State<CancellationToken>) -> &'static str {
    IN_FLIGHT.store(true, Ordering::SeqCst);
    draining.cancelled().await;
    "done"
}

fn hello() -> Greeting {
    Greeting {
        greeting: "hello".to_owned(),
    }
}

#[tokio::test]
async fn a_token_is_verified_until_its_session_is_ended() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let bus = nats.connect("auth").await;
    let issuer = TestIssuer::on(&bus).await;
    let running = RunningService::start(greeter(), &nats, &database, hello()).await;
    let ann = issuer.user("ann", Role::Author);

    running
        .client()
        .get("/greeting")
        .send()
        .await
        .refused(401, "unauthenticated");
    let answer = running
        .client()
        .with_token(&ann.token)
        .get("/greeting")
        .send()
        .await;
    answer.expect(200);
    assert_eq!(answer.text(), "hello, ann");

    issuer.revoke(&bus, &ann).await;
    eventually("the session is refused", async || {
        let answer = running
            .client()
            .with_token(&ann.token)
            .get("/greeting")
            .send()
            .await;
        (answer.status == 401).then(|| answer.refused(401, "session_revoked"))
    })
    .await;
    running.finish().await;
    database.remove().await;
}

#[tokio::test]
async fn it_starts_without_its_servers_and_is_ready_when_they_come() {
    let (mut nats, mut server) = (NatsServer::start().await, DatabaseServer::start().await);
    let issuer = TestIssuer::on(&nats.connect("auth").await).await;
    nats.stop();
    server.stop();
    let database = TestDatabase::on(&server.uri(), "greeter");
    let settings = RunningService::settings("greeter", &nats, &database);
    let running = RunningService::start_unready(greeter(), settings, hello()).await;
    let ops = Client::new(&running.ops_url);

    ops.get("/healthz").send().await.expect(200);
    ops.get("/readyz").send().await.expect(503);

    server.restart().await;
    nats.restart().await;
    running.ready().await;

    // An outage of the database is the same for all replicas, and none of them becomes unready.
    server.stop();
    let readiness = ops.get("/readyz").send().await.expect(200);
    assert_eq!(readiness["details"]["database"]["status"], "error");
    server.restart().await;

    let ann = issuer.user("ann", Role::Author);
    running
        .client()
        .with_token(&ann.token)
        .get("/greeting")
        .send()
        .await
        .expect(200);
    running.finish().await;
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_end() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let _issuer = TestIssuer::on(&nats.connect("auth").await).await;
    let running = RunningService::start(greeter(), &nats, &database, hello()).await;
    let client = running.client();
    let request = tokio::spawn(async move { client.get("/slow").send().await });
    eventually("the request is in flight", async || {
        IN_FLIGHT.load(Ordering::SeqCst).then_some(())
    })
    .await;

    running.stop().await;

    assert_eq!(request.await.unwrap().text(), "done");
    database.remove().await;
}

/// Requests a resync and consumes the responses.
async fn ask(bus: &runtime::bus::Bus) -> async_nats::Subscriber {
    let client = bus.client();
    let inbox = client.new_inbox();
    let replies = client.subscribe(inbox.clone()).await.unwrap();
    let asked = client.publish_with_reply(resync_subject("greeter"), inbox, "".into());
    asked.await.unwrap();
    replies
}

async fn next(replies: &mut async_nats::Subscriber) -> ResyncReply {
    let reply = tokio::time::timeout(testkit::TIMEOUT, replies.next()).await;
    serde_json::from_slice(&reply.unwrap().unwrap().payload).unwrap()
}

/// The last response.
async fn outcome(replies: &mut async_nats::Subscriber) -> ResyncReply {
    loop {
        match next(replies).await {
            ResyncReply::Working { .. } => {}
            outcome => return outcome,
        }
    }
}

#[tokio::test]
async fn one_resync_at_a_time_among_replicas() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let bus = nats.connect("test").await;
    let _issuer = TestIssuer::on(&bus).await;
    let one = RunningService::start(greeter(), &nats, &database, hello()).await;
    let other = RunningService::start(greeter(), &nats, &database, hello()).await;
    let store = one.context().storage().unwrap().aggregates::<Following>();
    for _ in 0..3 {
        store.create(Following::new().begin(), &cause()).await.unwrap();
    }

    // A third replica is at work.
    let third = Lease::new(
        one.context().database().unwrap(),
        "resync",
        "third".to_owned(),
        Duration::from_secs(60),
    );
    assert!(third.acquire().await.unwrap());
    for _ in 0..6 {
        let refused = outcome(&mut ask(&bus).await).await;
        let error = "a resync of greeter is already running".to_owned();
        assert_eq!(refused, ResyncReply::Failed { error });
    }
    third.release().await.unwrap();
    let done = outcome(&mut ask(&bus).await).await;
    assert_eq!(done, ResyncReply::Done { events: 3 });

    one.finish().await;
    other.finish().await;
    database.remove().await;
}

/// After a `resync` a service used to keep a task that spun until its restart.
#[tokio::test]
async fn a_resync_leaves_no_task_behind() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let bus = nats.connect("test").await;
    let _issuer = TestIssuer::on(&bus).await;
    let running = RunningService::start(greeter(), &nats, &database, hello()).await;
    let before = running.context().background_tasks();

    for _ in 0..3 {
        let done = outcome(&mut ask(&bus).await).await;
        assert_eq!(done, ResyncReply::Done { events: 0 });
    }

    assert_eq!(running.context().background_tasks(), before);
    running.finish().await;
    database.remove().await;
}

#[tokio::test]
async fn a_task_that_panics_is_restarted() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let _issuer = TestIssuer::on(&nats.connect("auth").await).await;
    let (starts, mut started) = watch::channel(0);
    let service = greeter().task("fragile", move |_, stop| {
        starts.send_modify(|count| *count += 1);
        let count = *starts.borrow();
        async move {
            assert!(count > 2, "start {count}");
            stop.cancelled().await;
        }
    });
    let running = RunningService::start(service, &nats, &database, hello()).await;

    tokio::time::timeout(testkit::TIMEOUT, started.wait_for(|count| *count == 3))
        .await
        .unwrap()
        .unwrap();
    running.finish().await;
    database.remove().await;
}

#[tokio::test]
async fn a_task_that_keeps_dying_ends_the_process() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let service = greeter().task("broken", |_, _| async { panic!("no luck") });
    let settings = RunningService::settings("greeter", &nats, &database);
    let started = service.start(settings, hello(), CancellationToken::new()).await;

    let ended = tokio::time::timeout(testkit::TIMEOUT, started.unwrap().ended()).await;

    let error = ended.unwrap().unwrap_err().to_string();
    assert!(error.contains("`broken`") && error.contains("no luck"), "{error}");
    database.remove().await;
}

#[tokio::test]
async fn a_declaration_that_differs_from_the_topology_does_not_start() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("posts"));
    let service = Service::<State, Greeting>::new("posts", "Pretends to be posts", State::new);
    let settings = RunningService::settings("posts", &nats, &database);

    let refused = service.start(settings, hello(), CancellationToken::new()).await;

    let error = refused.unwrap_err().to_string();
    assert!(
        error.contains("posts-verdicts") && error.contains("reaction"),
        "{error}"
    );
}

const DELETIONS: ConsumerSpec = ConsumerSpec {
    name: "greeter-users",
    filter_subject: "blog.evt.user.*.deleted",
    purpose: "removes what belongs to a deleted user",
    revision: 1,
};

/// What commits after the removal listed the user's aggregates is refused and removed all the same.
#[tokio::test]
async fn what_a_deleted_user_writes_is_refused_and_removed() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let bus = nats.connect("auth").await;
    let _issuer = TestIssuer::on(&bus).await;
    let (removals, mut removed) = watch::channel(Vec::new());
    let service = greeter().on_user_deleted(DELETIONS, move |_, user, _| {
        removals.send_modify(|users| users.push(user));
        async { Ok(()) }
    });
    let running = RunningService::start(service, &nats, &database, hello()).await;
    let mut removed_times = async |user, times: usize| {
        let seen = removed.wait_for(|users| users.iter().filter(|known| **known == user).count() == times);
        tokio::time::timeout(testkit::TIMEOUT, seen)
            .await
            .unwrap()
            .unwrap();
    };
    let store = running.context().storage().unwrap().aggregates::<Following>();
    let (ann, bob) = (Following::new(), Following::new());
    let earlier = store
        .create(ann.clone().begin(), &cause())
        .await
        .unwrap()
        .into_stored();

    let deleted = UserState {
        id: ann.follower,
        role: Role::Author,
        profile: None,
        created_at: Timestamp::now(),
    };
    publish(&bus, Event::User(UserFact::Deleted, deleted)).await;
    removed_times(ann.follower, 1).await;
    let by_user = Cause::user(ann.follower, "test", None);
    let refused = store.commit(&earlier, earlier.state.toggled(), &by_user).await;

    assert!(matches!(refused, Err(StoreError::OwnerDeleted)), "{refused:?}");
    removed_times(ann.follower, 2).await;
    let new = Following {
        follower: ann.follower,
        ..Following::new()
    };
    let refused = store.create(new.clone().begin(), &cause()).await;
    assert!(matches!(refused, Err(StoreError::OwnerDeleted)), "{refused:?}");
    assert!(store.find(&new.id()).await.unwrap().is_none(), "it was committed");
    store.create(bob.begin(), &cause()).await.unwrap();
    running.finish().await;
    database.remove().await;
}

async fn publish(bus: &Bus, event: Event) {
    let envelope = Envelope {
        id: EventId::generate(),
        service: "auth".to_owned(),
        time: Timestamp::now(),
        aggregate_version: 2,
        correlation_id: "test".to_owned(),
        causation_id: None,
        actor: "service:auth".to_owned(),
        traceparent: None,
    };
    let message = encode(&envelope, &event).unwrap();
    let mut headers = async_nats::HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(name.as_str(), value.as_str());
    }
    bus.jetstream()
        .publish_with_headers(message.subject, headers, message.payload)
        .await
        .unwrap()
        .await
        .unwrap();
}
