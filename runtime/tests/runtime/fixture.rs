//! Small aggregates: whether a user follows another, and one whose events the bus does not permit.

use std::{collections::HashSet, convert::Infallible};

use common::{
    event::{FollowFact, FollowState, ReactionFact, ReactionKind, ReactionState, STREAM, Timestamp},
    ids::{PostId, UserId},
};
use mongodb::Database;
use runtime::{
    bus::{Bus, LogEntry, LogReader},
    relay::{Relay, RelayHandle, RelayStatus},
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
    pub place: Place,
    pub labels: Vec<Label>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Place {
    pub name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Label {
    pub text: String,
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
            place: Place::default(),
            labels: vec![Label {
                text: "new".to_owned(),
            }],
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

/// Its events belong to another service, so the account `auth` may not publish them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Foreign {
    pub post: PostId,
    pub user: UserId,
    pub active: bool,
}

impl Foreign {
    pub fn new() -> Self {
        Self {
            post: PostId::generate(),
            user: UserId::generate(),
            active: true,
        }
    }

    pub fn begin(self) -> NewAggregate<Self> {
        NewAggregate::new(self, ReactionFact::Added)
    }

    pub fn removed(&self) -> Change<Self> {
        let active = false;
        Change::new(
            Self {
                active,
                ..self.clone()
            },
            ReactionFact::Removed,
        )
    }
}

impl Aggregate for Foreign {
    type Public = ReactionState;
    const COLLECTION: &'static str = "foreign";

    fn public(&self) -> ReactionState {
        ReactionState {
            post_id: self.post,
            user_id: self.user,
            kind: ReactionKind::Like,
            active: self.active,
            changed_at: Timestamp::from_millis(0).unwrap(),
        }
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
    pub foreign: AggregateStore<Foreign>,
    pub handle: RelayHandle,
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
        let collections = [Following::COLLECTION, Foreign::COLLECTION];
        let (handle, mut relay) = Relay::new(database.clone(), &collections, restricted);
        let storage = Storage::new(database.clone(), "auth", handle.clone(), None);
        let store = storage.aggregates::<Following>();
        store.ensure_indexes().await.unwrap();
        let foreign = storage.aggregates();
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
            foreign,
            handle,
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

    /// Waits until the relay's status is as `is_expected`.
    pub async fn status(&self, is_expected: impl Fn(&RelayStatus) -> bool) -> RelayStatus {
        eventually("the relay's status is as expected", async || {
            Some(self.handle.status()).filter(&is_expected)
        })
        .await
    }

    pub async fn outbox_is_empty(&self) {
        self.outbox_holds(0).await;
    }

    /// Waits until exactly `documents` documents have unpublished events.
    pub async fn outbox_holds(&self, documents: u64) {
        eventually("the outbox is as expected", async || {
            (self.waiting().await == documents).then_some(())
        })
        .await;
    }

    /// Documents whose outbox holds something.
    pub async fn waiting(&self) -> u64 {
        let pending = mongodb::bson::doc! { "outbox.0": { "$exists": true } };
        self.store.collection().count_documents(pending).await.unwrap()
    }

    /// Everything in the log as soon as it holds `count` events: these and no others, each once.
    pub async fn log(&self, count: usize) -> Vec<LogEntry> {
        eventually("the log has the events", async || {
            (self.head().await >= count as u64).then_some(())
        })
        .await;
        let entries = self.read_log().await;
        assert_eq!(entries.len(), count);
        entries
    }

    async fn head(&self) -> u64 {
        let stream = self.bus.jetstream().get_stream(STREAM).await.unwrap();
        let state = &stream.cached_info().state;
        if state.messages == 0 {
            0
        } else {
            state.last_sequence
        }
    }

    /// Reads the log to its head; no event may be in it twice.
    async fn read_log(&self) -> Vec<LogEntry> {
        let head = self.head().await;
        let mut reader = LogReader::open(&self.bus, "test", &Default::default())
            .await
            .unwrap();
        let (mut entries, mut position) = (Vec::<LogEntry>::new(), 0);
        while position < head {
            let batch = reader.next_batch().await.unwrap();
            position = batch.checkpoint.sequence;
            entries.extend(batch.entries);
        }
        let (mut seen, mut versions_seen) = (HashSet::new(), HashSet::new());
        for entry in &entries {
            let envelope = &entry.event.envelope;
            assert!(seen.insert(envelope.id), "twice in the log: {envelope:?}");
            let version = (&entry.event.aggregate_id, envelope.aggregate_version);
            assert!(
                versions_seen.insert(version),
                "two events of one version: {envelope:?}"
            );
        }
        entries
    }

    /// Stops the relay and asserts that nothing is pending and that no event was published twice.
    pub async fn finish(mut self) {
        self.outbox_is_empty().await;
        self.stop.cancel();
        (&mut self.relay).await.unwrap();
        self.read_log().await;
        self.test_database.remove().await;
    }
}
