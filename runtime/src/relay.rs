//! The relay: takes committed events from the outboxes to the log, and then out of the outboxes.
//!
//! After each commit it is hinted in memory and publishes at once. A sweep at start and every few seconds finds
//! what a crash, a full hint queue or an outage left. Publish, wait for the acknowledgement, clear: an event is
//! in the outbox or in the log at every moment, and sometimes in both, which consumers bear.

use std::{collections::HashMap, time::Duration};

use common::{error::chain, event::WireMessage, ids::EventId};
use futures::{TryStreamExt as _, stream::TryChunksError};
use mongodb::Database;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    bus::{Bus, PublishError},
    store::{
        Aggregate, AggregateStore, StoreError,
        outbox::{self, OutboxEntry, Waiting},
    },
};

/// Hints that may wait; more are dropped and found by the sweep.
const HINTS: usize = 4096;
/// The most documents and events handled in one step.
const STEP: usize = 128;
/// How often the sweep looks, while all is well.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// An event younger than this is left to its hint, which is surely under way.
const SWEEP_AGE: Duration = Duration::from_secs(2);
/// The first and the longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// What stops a step of the relay. What was not cleared is published again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The bus did not take an event.
    #[error("the bus did not take the events")]
    Publish(#[from] PublishError),
    /// The outboxes cannot be read or cleared.
    #[error("the outboxes cannot be read or cleared")]
    Store(#[from] StoreError),
}

/// Hints the relay; cheap to clone. A relay that is gone or too busy loses nothing: the sweep finds the event.
#[derive(Debug, Clone)]
pub struct RelayHandle {
    hints: mpsc::Sender<Waiting>,
}

impl RelayHandle {
    pub(crate) fn hint(&self, collection: &'static str, id: &str, events: Vec<OutboxEntry>) {
        let hint = Waiting {
            collection,
            id: id.to_owned(),
            events,
        };
        if self.hints.try_send(hint).is_err() {
            metrics::counter!("relay_hints_dropped_total").increment(1);
        }
    }
}

/// The next sweep.
#[derive(Debug, Clone, Copy)]
struct Sweep {
    at: Instant,
    /// Younger events are left alone.
    age: Duration,
}

impl Sweep {
    /// At once, and everything.
    fn now() -> Self {
        Self {
            at: Instant::now(),
            age: Duration::ZERO,
        }
    }

    /// After the usual while, what its hint should have relayed by then.
    fn later() -> Self {
        Self {
            at: Instant::now() + SWEEP_INTERVAL,
            age: SWEEP_AGE,
        }
    }
}

/// The relay of one service.
#[derive(Debug)]
pub struct Relay {
    database: Database,
    collections: Vec<&'static str>,
    bus: Bus,
    hints: mpsc::Receiver<Waiting>,
    paused: bool,
}

impl Relay {
    /// A relay of the outboxes in `collections`, and the handle for their stores.
    pub fn new(database: Database, collections: &[&'static str], bus: Bus) -> (RelayHandle, Self) {
        let (sender, hints) = mpsc::channel(HINTS);
        let relay = Self {
            database,
            collections: collections.to_vec(),
            bus,
            hints,
            paused: false,
        };
        (RelayHandle { hints: sender }, relay)
    }

    /// Relays until `shutdown`, and then once more what the last requests left.
    pub async fn run(&mut self, shutdown: CancellationToken) {
        // What an earlier process left is old enough for anybody to take.
        let mut sweep = Sweep::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let mut hints = Vec::new();
            let result = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep_until(sweep.at) => self.sweep(&mut sweep).await,
                _ = self.hints.recv_many(&mut hints, STEP), if !self.paused => self.deliver(hints).await,
            };
            match result {
                Ok(()) => pause = FIRST_PAUSE,
                Err(error) => {
                    metrics::counter!("relay_failures_total").increment(1);
                    if !std::mem::replace(&mut self.paused, true) {
                        tracing::warn!(error = chain(&error), "events wait in the outbox");
                    }
                    sweep = Sweep {
                        at: Instant::now() + pause,
                        age: Duration::ZERO,
                    };
                    pause = (pause * 2).min(MAX_PAUSE);
                }
            }
        }
        self.finish().await;
    }

    /// Sweeps, and says when to sweep next. After a failure sweeps alone relay, until nothing waits any more.
    async fn sweep(&mut self, sweep: &mut Sweep) -> Result<(), RelayError> {
        if self.paused {
            // What these hint at is in the outboxes, and publishing it twice helps nobody.
            while self.hints.try_recv().is_ok() {}
        }
        let count = self.relay_once(sweep.age).await?;
        if self.paused && count == 0 {
            self.paused = false;
            tracing::info!("events flow again");
        }
        // A full step means that there is more.
        *sweep = if self.paused || count >= STEP {
            Sweep::now()
        } else {
            Sweep::later()
        };
        Ok(())
    }

    /// What requests in flight at the shutdown left is published now rather than by the next process.
    async fn finish(&mut self) {
        let last_steps = async {
            while self.relay_once(Duration::ZERO).await? >= STEP {}
            Ok::<_, RelayError>(())
        };
        match tokio::time::timeout(Duration::from_secs(2), last_steps).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(
                    error = chain(&error),
                    "events stay in the outbox for the next start"
                );
            }
            Err(_) => tracing::warn!("events stay in the outbox for the next start"),
        }
    }

    /// One step of the sweep: publishes events that wait for `age` or longer, at most 128 documents of
    /// each collection, and answers how many events there were.
    ///
    /// # Errors
    /// If the database or the bus is away; nothing is lost.
    pub async fn relay_once(&self, age: Duration) -> Result<usize, RelayError> {
        let mut waiting = Vec::new();
        for collection in &self.collections {
            waiting.extend(outbox::waiting(&self.database, collection, age, STEP).await?);
        }
        let count = waiting.iter().map(|waiting| waiting.events.len()).sum();
        metrics::gauge!("outbox_events", "service" => self.bus.service()).set(count as f64);
        if count > 0 {
            self.deliver(waiting).await?;
        }
        Ok(count)
    }

    /// Publishes, waits, clears.
    async fn deliver(&self, waiting: Vec<Waiting>) -> Result<(), RelayError> {
        let mut published: HashMap<(&'static str, String), Vec<EventId>> = HashMap::new();
        let mut messages: Vec<WireMessage> = Vec::new();
        for Waiting {
            collection,
            id,
            events,
        } in waiting
        {
            let ids = published.entry((collection, id)).or_default();
            for event in events {
                // Two quick commits of one aggregate hint the first event twice.
                if !ids.contains(&event.id) {
                    ids.push(event.id);
                    messages.push(event.into_message());
                }
            }
        }
        for step in messages.chunks(STEP) {
            self.bus.publish(step).await?;
        }
        metrics::counter!("relay_published_total").increment(messages.len() as u64);
        outbox::clear(&self.database, published).await?;
        Ok(())
    }
}

/// Publishes the last event of every aggregate in `store` again, straight to the log, and answers how many there
/// were. Consumers that have seen them ignore them; a new or emptied log is filled.
///
/// # Errors
/// If the database or the bus is away. It may be run again.
pub async fn resync<A: Aggregate>(store: &AggregateStore<A>, bus: &Bus) -> Result<u64, RelayError> {
    let events = store.last_events().await?.try_chunks(STEP);
    let mut events = std::pin::pin!(events);
    let mut count = 0;
    loop {
        let step = events
            .try_next()
            .await
            .map_err(|TryChunksError(_, error)| error)?;
        let Some(step) = step else { return Ok(count) };
        bus.publish(&step).await?;
        count += step.len() as u64;
    }
}
