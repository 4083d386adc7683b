//! A small aggregate: whether one person follows another.

use std::{convert::Infallible, time::Duration};

use common::{
    event::{FollowFact, FollowState, Timestamp},
    ids::UserId,
};
use mongodb::Database;
use runtime::{
    bus::{Bus, LogReader},
    relay::Relay,
    store::{Aggregate, AggregateStore, Cause, Change, CommandError, NewAggregate, Storage, Stored},
};
use serde::{Deserialize, Serialize};
use testkit::{NatsServer, TestDatabase, eventually};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Following {
    pub follower: UserId,
    pub followee: UserId,
    pub active: bool,
    /// Counts changes, to see lost ones.
    pub changes: u32,
    pub note: String,
}

impl Following {
    pub fn new() -> Self {
        let (follower, followee) = (UserId::generate(), UserId::generate());
        Self {
            follower,
            followee,
            active: true,
            changes: 0,
            note: String::new(),
        }
    }

    pub fn id(&self) -> String {
        format!("{}:{}", self.follower, self.followee)
    }

    pub fn begin(self) -> NewAggregate<Self> {
        NewAggregate::new(self, FollowFact::Followed)
    }

    pub fn toggled(&self) -> Change<Self> {
        let active = !self.active;
        let fact = if active {
            FollowFact::Followed
        } else {
            FollowFact::Unfollowed
        };
        Change::new(
            Self {
                active,
                changes: self.changes + 1,
                ..self.clone()
            },
            fact,
        )
    }
}

impl Aggregate for Following {
    type Public = FollowState;
    const COLLECTION: &'static str = "follows";

    fn public(&self) -> FollowState {
        FollowState {
            follower_id: self.follower,
            followee_id: self.followee,
            active: self.active,
            changed_at: Timestamp::from_millis(0).unwrap(),
        }
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.follower)
    }
}

pub fn cause() -> Cause {
    Cause::service("auth", "test")
}

/// A store with its servers and a running relay.
pub struct Fixture {
    pub nats: NatsServer,
    pub test_database: TestDatabase,
    pub database: Database,
    pub bus: Bus,
    pub store: AggregateStore<Following>,
    stop: CancellationToken,
    relay: tokio::task::JoinHandle<()>,
}

impl Fixture {
    pub async fn start() -> Self {
        let nats = NatsServer::start().await;
        let test_database = TestDatabase::new("auth");
        let database = test_database.connect().await;
        let bus = nats.connect("auth").await;
        eventually("the bus connects", async || bus.is_connected().then_some(())).await;
        let stop = CancellationToken::new();
        // The relay has the permissions it has in production; what a test does besides needs more.
        let restricted = nats.connect_as("auth").await;
        let (handle, mut relay) = Relay::new(database.clone(), &[Following::COLLECTION], restricted);
        let store = Storage::new(database.clone(), "auth", handle, None).aggregates::<Following>();
        store.ensure_indexes().await.unwrap();
        let relay = tokio::spawn({
            let stop = stop.clone();
            async move { relay.run(stop).await }
        });
        Self {
            nats,
            test_database,
            database,
            bus,
            store,
            stop,
            relay,
        }
    }

    pub async fn create(&self) -> Stored<Following> {
        self.store
            .create(Following::new().begin(), &cause())
            .await
            .unwrap()
            .into_stored()
    }

    pub async fn toggle(
        &self,
        id: &str,
        if_match: Option<u64>,
    ) -> Result<Stored<Following>, CommandError<Infallible>> {
        self.store
            .update(id, if_match, &cause(), |prior| Ok(Some(prior.state.toggled())))
            .await
    }

    pub async fn outbox_is_empty(&self) {
        eventually("the outbox is empty", async || {
            (self.waiting().await == 0).then_some(())
        })
        .await;
    }

    /// Documents whose outbox holds something.
    pub async fn waiting(&self) -> u64 {
        let pending = mongodb::bson::doc! { "outbox.0": { "$exists": true } };
        self.store.collection().count_documents(pending).await.unwrap()
    }

    /// Everything in the log, `count` events.
    pub async fn log(&self, count: usize) -> Vec<runtime::bus::LogEntry> {
        let mut reader = LogReader::open(&self.bus, "test", &Default::default())
            .await
            .unwrap();
        let mut entries = Vec::new();
        while entries.len() < count {
            let batch = tokio::time::timeout(Duration::from_secs(20), reader.next_batch()).await;
            entries.extend(batch.expect("the log is shorter").unwrap().entries);
        }
        entries
    }

    /// Ends the relay and refuses leftovers.
    pub async fn finish(self) {
        self.outbox_is_empty().await;
        self.stop.cancel();
        self.relay.await.unwrap();
        self.test_database.remove().await;
    }
}
