//! The hub of change notes: takes them from the projection and from the bus, and tells whoever waits in this
//! process. Notes may be lost; a reconnect to the bus counts as "everything changed".

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::error::chain;
use futures::StreamExt as _;
use runtime::bus::{Bus, LIVE_SUBJECT_PREFIX};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    changes::Changes,
    notes::{Key, Note},
    store::Store,
};

/// Notes that a live client may lag behind before it is dropped.
const BACKLOG: usize = 256;
/// How often the generation in the database is looked at, in case a note was lost.
const GENERATION_CHECK: Duration = Duration::from_secs(1);
/// How often a new connection to the bus is looked for.
const CONNECTION_CHECK: Duration = Duration::from_millis(200);

/// The hub of one replica; cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    replica: String,
    bus: Bus,
    changes: Arc<Changes>,
    notes: broadcast::Sender<Arc<Note>>,
    heard: watch::Sender<u64>,
    position: AtomicU64,
    /// Generation and batch of the newest note: this process has told its readers of all up to there.
    told: RwLock<(u32, i64)>,
}

impl Hub {
    /// The hub of the replica of that name.
    pub fn new(bus: &Bus, replica: String, changes: Arc<Changes>) -> Self {
        Self {
            inner: Arc::new(Inner {
                replica,
                bus: bus.clone(),
                changes,
                notes: broadcast::Sender::new(BACKLOG),
                heard: watch::Sender::new(0),
                position: AtomicU64::new(0),
                told: RwLock::default(),
            }),
        }
    }

    /// A name that no other replica has.
    pub fn replica(&self) -> &str {
        &self.inner.replica
    }

    /// The last position of the log that a note named.
    pub fn position(&self) -> u64 {
        self.inner.position.load(Ordering::Relaxed)
    }

    /// Every note from now on.
    pub fn notes(&self) -> broadcast::Receiver<Arc<Note>> {
        self.inner.notes.subscribe()
    }

    /// Changes with every note.
    pub fn heard(&self) -> watch::Receiver<u64> {
        self.inner.heard.subscribe()
    }

    /// Whether everything up to `batch` of `generation` was told already.
    pub fn has_told(&self, generation: u32, batch: i64) -> bool {
        let told = *self.inner.told.read().unwrap_or_else(PoisonError::into_inner);
        told.0 == generation && batch <= told.1
    }

    /// Answers that depend on `keys` are old, as the database showed before a note did.
    pub fn found_changed(&self, keys: &[Key]) {
        self.inner.changes.mark(keys);
    }

    /// Tells this process, and the others over the bus if it is there.
    pub async fn announce(&self, note: Note) {
        let payload = serde_json::to_vec(&note);
        self.hear(note);
        if !self.inner.bus.is_connected() {
            return;
        }
        match payload {
            Ok(payload) => {
                let sent = self.inner.bus.client().publish(subject(), payload.into()).await;
                if let Err(error) = sent {
                    tracing::debug!(error = chain(&error), "a note was lost");
                }
            }
            Err(error) => tracing::error!(error = chain(&error), "a note cannot be written"),
        }
    }

    /// Nobody knows what changed: all answers are old, and live clients are told to look again.
    pub fn everything_changed(&self) {
        let (generation, batch) = *self.inner.told.read().unwrap_or_else(PoisonError::into_inner);
        let keys = [Key::All];
        self.hear(Note::new(
            keys,
            self.position(),
            batch,
            generation,
            self.replica(),
        ));
    }

    fn hear(&self, note: Note) {
        let inner = &self.inner;
        let (generation, batch) = *inner.told.read().unwrap_or_else(PoisonError::into_inner);
        // A gap means that a note was lost, and with it the keys that it named.
        let is_next = note.generation == generation && note.batch <= batch + 1;
        inner.changes.mark(if is_next {
            &note.keys
        } else {
            &[Key::All] as &[Key]
        });
        inner.position.store(note.position, Ordering::Relaxed);
        *inner.told.write().unwrap_or_else(PoisonError::into_inner) = (note.generation, note.batch);
        // Nobody may be listening.
        let _ = inner.notes.send(Arc::new(note));
        inner.heard.send_modify(|count| *count += 1);
    }

    /// Listens to the other replicas until `stop`.
    pub async fn listen(self, store: Store, stop: CancellationToken) {
        tokio::join!(
            self.listen_to_notes(&store, &stop),
            self.watch_connection(&stop),
            self.watch_generation(&store, &stop),
        );
    }

    async fn listen_to_notes(&self, store: &Store, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.inner.bus.client().subscribe(subject()).await {
                Ok(mut messages) => loop {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        message = messages.next() => match message {
                            Some(message) => self.take(&message.payload, store),
                            None => break,
                        },
                    }
                },
                Err(error) => tracing::debug!(error = chain(&error), "no subscription to notes"),
            }
            pause(CONNECTION_CHECK, stop).await;
        }
    }

    fn take(&self, payload: &[u8], store: &Store) {
        match serde_json::from_slice::<Note>(payload) {
            Ok(note) if note.from == self.inner.replica => {}
            Ok(note) => {
                store.switch_to(note.generation);
                self.hear(note);
            }
            Err(error) => {
                tracing::debug!(error = chain(&error), "a note of an unknown form");
                self.everything_changed();
            }
        }
    }

    /// Notes of the time without a connection are lost.
    async fn watch_connection(&self, stop: &CancellationToken) {
        let statistics = self.inner.bus.client().statistics();
        let mut known = statistics.connects.load(Ordering::Relaxed);
        while !stop.is_cancelled() {
            pause(CONNECTION_CHECK, stop).await;
            let connects = statistics.connects.load(Ordering::Relaxed);
            if std::mem::replace(&mut known, connects) != connects {
                self.everything_changed();
            }
        }
    }

    async fn watch_generation(&self, store: &Store, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            pause(GENERATION_CHECK, stop).await;
            match store.refresh().await {
                Ok(true) => self.everything_changed(),
                Ok(false) => {}
                Err(error) => tracing::debug!(error = chain(&error), "no look at the generation"),
            }
        }
    }
}

fn subject() -> String {
    format!("{LIVE_SUBJECT_PREFIX}.query")
}

async fn pause(length: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(length) => {}
    }
}
