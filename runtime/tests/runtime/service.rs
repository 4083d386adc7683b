//! The frame around every service: readiness, identity, and an orderly end.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use axum::{Router, extract::FromRef, routing::get};
use common::event::{ResyncReply, Role, resync_subject};
use futures::StreamExt as _;
use runtime::{
    auth::{CurrentUser, Verifier},
    service::{NoCommand, Platform, Service, StartError},
};
use testkit::{Client, DatabaseServer, NatsServer, RunningService, TestDatabase, TestIssuer, eventually};
use tokio_util::sync::CancellationToken;

struct Greeter;

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

impl Service for Greeter {
    const NAME: &'static str = "greeter";
    const ABOUT: &'static str = "Greets whoever is signed in";
    type Settings = Greeting;
    type Command = NoCommand;

    async fn build(platform: &Platform, settings: Greeting) -> Result<Router, StartError> {
        let database = platform.database()?.clone();
        platform.spawn_setup(move || {
            let database = database.clone();
            async move { runtime::store::ping(&database).await }
        });
        let state = State {
            verifier: platform.verifier.clone(),
            greeting: settings.greeting,
            draining: platform.draining(),
        };
        Ok(Router::new()
            .route("/greeting", get(greet))
            .route("/slow", get(slow))
            .with_state(state))
    }

    /// Ends only once it may, so that a test can ask again meanwhile.
    async fn resync(platform: &Platform) -> Result<u64, StartError> {
        let folder = platform.settings.state_dir.clone().unwrap_or_default();
        while !folder.join("end").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(42)
    }

    async fn command(_: &Platform, _: Greeting, command: NoCommand) -> Result<(), StartError> {
        match command {}
    }
}

async fn greet(user: CurrentUser, axum::extract::State(greeting): axum::extract::State<String>) -> String {
    format!("{greeting}, {}", user.username)
}

static IN_FLIGHT: AtomicBool = AtomicBool::new(false);

/// Answers only once the service is told to end.
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
    let running = RunningService::start::<Greeter>(&nats, &database, hello()).await;
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
    let settings = RunningService::settings::<Greeter>(&nats, &database);
    let running = RunningService::start_unready::<Greeter>(settings, hello()).await;
    let ops = Client::new(&running.ops_url);

    ops.get("/healthz").send().await.expect(200);
    ops.get("/readyz").send().await.expect(503);

    server.restart().await;
    nats.restart().await;
    running.ready().await;
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
    let running = RunningService::start::<Greeter>(&nats, &database, hello()).await;
    let client = running.client();
    let request = tokio::spawn(async move { client.get("/slow").send().await });
    eventually("the request is in flight", async || {
        IN_FLIGHT.load(Ordering::SeqCst).then_some(())
    })
    .await;

    let started = Instant::now();
    running.stop().await;

    assert_eq!(request.await.unwrap().text(), "done");
    assert!(started.elapsed() < Duration::from_secs(10));
    database.remove().await;
}

/// Asks for a resync and consumes the answers.
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

/// The last answer.
async fn outcome(replies: &mut async_nats::Subscriber) -> ResyncReply {
    loop {
        match next(replies).await {
            ResyncReply::Working { .. } => {}
            outcome => return outcome,
        }
    }
}

#[tokio::test]
async fn one_resync_at_a_time_by_whichever_replica() {
    let (nats, database) = (NatsServer::start().await, TestDatabase::new("greeter"));
    let bus = nats.connect("test").await;
    let _issuer = TestIssuer::on(&bus).await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = RunningService::settings::<Greeter>(&nats, &database);
    settings.state_dir = Some(folder.path().to_owned());
    let one = RunningService::start_unready::<Greeter>(settings.clone(), hello()).await;
    let other = RunningService::start_unready::<Greeter>(settings, hello()).await;
    one.ready().await;
    other.ready().await;

    let mut first = ask(&bus).await;
    let begun = next(&mut first).await;
    assert!(matches!(begun, ResyncReply::Working { .. }), "{begun:?}");
    // Either replica may take these.
    for _ in 0..6 {
        let refused = outcome(&mut ask(&bus).await).await;
        let error = "a resync of greeter is already at work".to_owned();
        assert_eq!(refused, ResyncReply::Failed { error });
    }
    std::fs::write(folder.path().join("end"), "").unwrap();
    let done = ResyncReply::Done { events: 42 };
    assert_eq!(outcome(&mut first).await, done);
    assert_eq!(outcome(&mut ask(&bus).await).await, done);

    one.finish().await;
    other.finish().await;
    database.remove().await;
}
