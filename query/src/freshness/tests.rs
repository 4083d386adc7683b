//! On a real bus and a real database, whose commands are counted.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use common::{
    event::{AggregateState, Envelope, PostFact, PostState, PostStatus, Timestamp, encode},
    ids::{EventId, PostId, UserId},
};
use mongodb::{
    Client, Database,
    event::{EventHandler, command::CommandEvent},
    options::ClientOptions,
};
use testkit::{NatsServer, TestDatabase, eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    cache::LIFETIME,
    invalidation::Invalidations,
    projection::{Leader, LeaderSettings},
};

/// A projection, and a waiter whose database commands are counted.
struct Fixture {
    nats: NatsServer,
    database: TestDatabase,
    bus: Bus,
    waiter: TokenWaiter,
    commands: Arc<AtomicUsize>,
    stop: CancellationToken,
    leader: JoinHandle<()>,
}

impl Fixture {
    async fn start() -> Self {
        let (nats, database) = (NatsServer::start().await, TestDatabase::new("query"));
        let bus = nats.connect("query").await;
        eventually("the bus connects", async || bus.is_connected().then_some(())).await;
        let hub = Hub::new(&bus, Arc::new(Invalidations::new(LIFETIME)));
        let store = Store::new(&database.connect().await);
        let settings = LeaderSettings {
            lease: Duration::from_secs(2),
            grace: Duration::ZERO,
            poll_interval: Duration::from_secs(1),
        };
        let leader = Leader::new(&store, &bus, &hub, settings);
        let stop = CancellationToken::new();
        let leader = tokio::spawn({
            let stop = stop.clone();
            async move { leader.run(&stop).await }
        });
        let commands = Arc::new(AtomicUsize::new(0));
        let counted = Store::new(&counted(&database, commands.clone()).await);
        let waiter = TokenWaiter::new(&counted, &bus, &hub);
        eventually("the read model is set up", async || counted.live().await.ok()).await;
        Self {
            nats,
            database,
            bus,
            waiter,
            commands,
            stop,
            leader,
        }
    }

    async fn publish(&self, state: &PostState, version: u64) {
        let envelope = Envelope {
            id: EventId::generate(),
            service: "test".to_owned(),
            time: Timestamp::now(),
            aggregate_version: version,
            correlation_id: "test".to_owned(),
            causation_id: None,
            actor: "service:test".to_owned(),
            traceparent: None,
        };
        let message = encode(&envelope, &state.clone().into_event(PostFact::Updated)).unwrap();
        let mut headers = async_nats::HeaderMap::new();
        for (name, value) in &message.headers {
            headers.insert(name.as_str(), value.as_str());
        }
        let jetstream = self.bus.jetstream();
        let sent = jetstream.publish_with_headers(message.subject, headers, message.payload);
        sent.await.unwrap().await.unwrap();
    }

    /// Waits for `version`; returns the outcome, the number of database commands, and the duration.
    async fn wait(&self, state: &PostState, version: u64) -> (Outcome, usize, Duration) {
        let (started, before) = (Instant::now(), self.commands.load(Ordering::SeqCst));
        let client = ClientAddr(Ipv4Addr::LOCALHOST.into());
        let tokens = [ConsistencyToken::post(state.id, version)];
        let outcome = self.waiter.wait(client, &tokens).await.unwrap();
        let commands = self.commands.load(Ordering::SeqCst) - before;
        (outcome, commands, started.elapsed())
    }

    async fn finish(self) {
        self.stop.cancel();
        self.leader.await.unwrap();
        self.database.remove().await;
    }
}

async fn counted(database: &TestDatabase, commands: Arc<AtomicUsize>) -> Database {
    let uncounted = database.connect().await;
    let mut options = ClientOptions::parse(database.uri()).await.unwrap();
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(_) = event {
            commands.fetch_add(1, Ordering::SeqCst);
        }
    }));
    Client::with_options(options).unwrap().database(uncounted.name())
}

fn draft() -> PostState {
    let now = Timestamp::now();
    PostState {
        id: PostId::generate(),
        author_id: UserId::generate(),
        status: PostStatus::Draft,
        slug: None,
        former_slugs: Vec::new(),
        content: None,
        created_at: now,
        updated_at: now,
        published_at: None,
    }
}

#[tokio::test]
async fn a_version_that_the_log_cannot_contain_costs_two_look_ups_and_no_wait() {
    let fixture = Fixture::start().await;
    let state = draft();
    fixture.publish(&state, 1).await;
    assert_eq!(fixture.wait(&state, 1).await.0, Outcome::Reached);

    let (outcome, commands, took) = fixture.wait(&state, 999).await;
    assert_eq!(outcome, Outcome::Stale);
    assert!(commands <= 2, "{commands} commands");
    assert!(took < TIMEOUT, "{took:?}");
    fixture.finish().await;
}

#[tokio::test]
async fn a_version_that_arrives_during_the_wait_is_reached_by_its_notification() {
    let fixture = Fixture::start().await;
    let state = draft();
    fixture.publish(&state, 1).await;
    assert_eq!(fixture.wait(&state, 1).await.0, Outcome::Reached);

    for version in 2..12 {
        let looked_up = fixture.commands.load(Ordering::SeqCst) + 1;
        let publish = async {
            // Other events do not cause further look-ups.
            eventually("the request waits", async || {
                (fixture.commands.load(Ordering::SeqCst) >= looked_up).then_some(())
            })
            .await;
            for _ in 0..5 {
                fixture.publish(&draft(), 1).await;
            }
            fixture.publish(&state, version).await;
        };
        let ((outcome, commands, took), ()) = tokio::join!(fixture.wait(&state, version), publish);
        assert_eq!(outcome, Outcome::Reached, "version {version}, after {took:?}");
        assert!(commands <= 2, "version {version}: {commands} commands");
    }
    // Satisfied tokens are remembered.
    let (outcome, commands, _) = fixture.wait(&state, 11).await;
    assert_eq!((outcome, commands), (Outcome::Reached, 0));
    fixture.finish().await;
}

#[tokio::test]
async fn without_the_bus_any_version_is_waited_for() {
    let mut fixture = Fixture::start().await;
    let state = draft();
    fixture.publish(&state, 1).await;
    assert_eq!(fixture.wait(&state, 1).await.0, Outcome::Reached);
    fixture.nats.stop();
    eventually("the bus is down", async || {
        (!fixture.bus.is_connected()).then_some(())
    })
    .await;

    let (outcome, commands, took) = fixture.wait(&state, 999).await;
    assert_eq!(outcome, Outcome::Stale);
    assert!(commands <= 2, "{commands} commands");
    assert!(took >= TIMEOUT, "{took:?}");
    fixture.finish().await;
}
