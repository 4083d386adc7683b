//! Distributes change notes from the projection and from other replicas to this process: to its cache, to requests that
//! wait for a version, and to live streams. Notes can be lost; a reconnect to the bus counts as a change of everything.

use std::{
    sync::{Arc, PoisonError, RwLock, atomic::Ordering},
    time::Duration,
};

use common::{consistency::ConsistencyToken, error::chain, event::AggregateKind};
use futures::StreamExt as _;
use runtime::{
    bus::{Bus, LIVE_SUBJECT_PREFIX},
    consistency::{Limits, Waiters},
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{
    changes::{ChangeNote, Key},
    invalidation::Invalidations,
    store::Store,
};

/// A live stream that lags behind by more notes than this is closed.
const BACKLOG: usize = 256;
/// How often the live generation is read from the database, in case a note was lost.
const GENERATION_CHECK: Duration = Duration::from_secs(1);
const CONNECTION_CHECK: Duration = Duration::from_millis(200);

/// An aggregate in the read model.
pub type Aggregate = (AggregateKind, String);

/// The hub of one replica; cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    replica: String,
    bus: Bus,
    invalidations: Arc<Invalidations>,
    waiters: Waiters<Aggregate>,
    notes: broadcast::Sender<Arc<ChangeNote>>,
    latest: RwLock<Latest>,
}

/// What the latest note reported.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    generation: u32,
    batch: i64,
    position: u64,
}

impl Hub {
    pub fn new(bus: &Bus, invalidations: Arc<Invalidations>) -> Self {
        Self {
            inner: Arc::new(Inner {
                replica: uuid::Uuid::now_v7().simple().to_string(),
                bus: bus.clone(),
                invalidations,
                waiters: Waiters::new(Limits::default()),
                notes: broadcast::Sender::new(BACKLOG),
                latest: RwLock::default(),
            }),
        }
    }

    /// The unique name of this replica.
    pub fn replica(&self) -> &str {
        &self.inner.replica
    }

    /// The requests that wait for a version.
    pub fn waiters(&self) -> &Waiters<Aggregate> {
        &self.inner.waiters
    }

    /// Every note from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<ChangeNote>> {
        self.inner.notes.subscribe()
    }

    /// The position in the log that the latest note reported.
    pub fn position(&self) -> u64 {
        self.latest().position
    }

    /// Whether the changes up to `batch` of `generation` have been distributed in this process.
    pub fn has_published(&self, generation: u32, batch: i64) -> bool {
        let latest = self.latest();
        latest.generation == generation && batch <= latest.batch
    }

    fn latest(&self) -> Latest {
        *self.inner.latest.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Invalidates what depends on `keys` before their note arrives, because the change was seen in the database.
    pub fn invalidate(&self, keys: &[Key]) {
        self.inner.invalidations.invalidate(keys);
    }

    /// Distributes a note in this process, and to the other replicas if the bus is connected.
    pub async fn publish(&self, note: ChangeNote) {
        let payload = serde_json::to_vec(&note);
        self.distribute(note);
        if !self.inner.bus.is_connected() {
            return;
        }
        match payload {
            Ok(payload) => {
                let sent = self.inner.bus.client().publish(subject(), payload.into()).await;
                if let Err(error) = sent {
                    tracing::debug!(error = chain(&error), "a change note was lost");
                }
            }
            Err(error) => tracing::error!(error = chain(&error), "a change note cannot be serialized"),
        }
    }

    /// Treats everything as changed, because notes may have been lost.
    pub fn invalidate_all(&self) {
        self.distribute_from(|latest| ChangeNote {
            keys: vec![Key::All],
            position: latest.position,
            batch: latest.batch,
            generation: latest.generation,
            from: self.inner.replica.clone(),
            versions: None,
        });
    }

    fn distribute(&self, note: ChangeNote) {
        self.distribute_from(|_| note);
    }

    /// Distributes a note that may depend on the latest one; another one waits meanwhile.
    fn distribute_from(&self, note: impl FnOnce(Latest) -> ChangeNote) {
        let inner = &self.inner;
        let mut latest = inner.latest.write().unwrap_or_else(PoisonError::into_inner);
        let note = note(*latest);
        // The last batch of a generation that was replaced meanwhile; what it wrote is not what is read now.
        let is_replaced = note.generation < latest.generation;
        // Otherwise a note, and the keys in it, was lost.
        let is_next = note.generation == latest.generation && note.batch <= latest.batch + 1;
        let note = if is_next {
            note
        } else {
            let keys = vec![Key::All];
            ChangeNote { keys, ..note }
        };
        inner.invalidations.invalidate(&note.keys);
        if !is_replaced {
            *latest = Latest {
                generation: note.generation,
                batch: note.batch,
                position: note.position,
            };
        }
        drop(latest);
        let versions = note.versions.iter().flatten().filter(|_| !is_replaced);
        for token in versions.filter_map(|version| version.parse::<ConsistencyToken>().ok()) {
            inner.waiters.notify(&(token.kind, token.id), token.version);
        }
        if !is_next || note.versions.is_none() {
            inner.waiters.notify_lost();
        }
        // Fails only if there is no live stream.
        let _ = inner.notes.send(Arc::new(note));
    }

    /// Receives the notes of other replicas until `stop`.
    pub async fn run(&self, store: &Store, stop: &CancellationToken) {
        tokio::join!(
            self.receive_notes(store, stop),
            self.watch_connection(stop),
            self.watch_generation(store, stop),
        );
    }

    async fn receive_notes(&self, store: &Store, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.inner.bus.client().subscribe(subject()).await {
                Ok(mut messages) => {
                    self.synchronize(store).await;
                    while let Some(Some(message)) = stop.run_until_cancelled(messages.next()).await {
                        self.on_message(&message.payload, store);
                    }
                }
                Err(error) => tracing::debug!(error = chain(&error), "cannot subscribe to change notes"),
            }
            pause(CONNECTION_CHECK, stop).await;
        }
    }

    /// Reads from where the notes of a new subscription continue; what changed before counts as a change of everything.
    async fn synchronize(&self, store: &Store) {
        let progress = async {
            self.inner.bus.client().flush().await.ok()?;
            let live = store.meta.live_or_first().await.ok()?;
            Some((live.generation, store.meta.progress(live.generation).await.ok()?))
        };
        let Some((generation, progress)) = progress.await else {
            return;
        };
        let read = Latest {
            generation,
            batch: progress.as_ref().map_or(0, |progress| progress.batches),
            position: progress.map_or(0, |progress| progress.checkpoint().sequence),
        };
        {
            let mut latest = self.inner.latest.write().unwrap_or_else(PoisonError::into_inner);
            if (latest.generation, latest.batch) < (read.generation, read.batch) {
                *latest = read;
            }
        }
        self.invalidate_all();
    }

    fn on_message(&self, payload: &[u8], store: &Store) {
        match serde_json::from_slice::<ChangeNote>(payload) {
            Ok(note) if note.from == self.inner.replica => {}
            Ok(note) => {
                store.switch_to(note.generation);
                self.distribute(note);
            }
            Err(error) => {
                tracing::debug!(error = chain(&error), "a change note of an unknown format");
                self.invalidate_all();
            }
        }
    }

    /// Notes that were sent while the connection was down are lost.
    async fn watch_connection(&self, stop: &CancellationToken) {
        let statistics = self.inner.bus.client().statistics();
        let mut known = statistics.connects.load(Ordering::Relaxed);
        while !stop.is_cancelled() {
            pause(CONNECTION_CHECK, stop).await;
            let connects = statistics.connects.load(Ordering::Relaxed);
            if std::mem::replace(&mut known, connects) != connects {
                self.invalidate_all();
            }
        }
    }

    async fn watch_generation(&self, store: &Store, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            pause(GENERATION_CHECK, stop).await;
            match store.refresh().await {
                Ok(true) => self.invalidate_all(),
                Ok(false) => {}
                Err(error) => tracing::debug!(error = chain(&error), "the live generation cannot be read"),
            }
        }
    }
}

fn subject() -> String {
    format!("{LIVE_SUBJECT_PREFIX}.query")
}

async fn pause(length: Duration, stop: &CancellationToken) {
    stop.run_until_cancelled(tokio::time::sleep(length)).await;
}
