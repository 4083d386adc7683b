//! The relay: publishes committed events from the outboxes to the log, and then clears them from the outboxes.
//!
//! Each commit passes a hint in memory, and the event is published at once. A sweep at the start and every few seconds
//! finds what a crash, a full queue of hints or an outage left. Publish, wait for the acknowledgement, clear: at every
//! moment an event is in the outbox or in the log, and sometimes in both, which consumers tolerate.
//!
//! Two kinds of failure are kept apart. If the bus or the database is unavailable, the relay pauses. If a single event
//! cannot be published (too large, not permitted), its aggregate is blocked: its later events wait behind it, it is
//! retried with growing delays, and all other aggregates go on.

mod blocked;
mod courier;
mod error;
mod pass;
mod recent;
mod resync;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use common::{error::chain, event::Timestamp, ids::EventId};
use mongodb::Database;
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use self::{
    blocked::{Blocked, Tracking},
    courier::{Courier, Delivery, Failure, Retry},
    pass::{MAX_STEP, Pass},
    recent::Recent,
};
pub use self::{error::RelayError, resync::resync};
pub use crate::store::hint::{BlockedAggregate, RelayHandle, RelayStatus};
use crate::{
    bus::{Bus, PublishError},
    store::{
        hint::Hint,
        outbox::{AggregateKey, Backlog, OutboxEntry, Outboxes, PendingEvents},
    },
};

/// Documents of so many bytes are read in one step of the sweep, and of fewer after one took too long.
const MAX_STEP_BYTES: u64 = 8 << 20;
const MIN_STEP_BYTES: u64 = 64 << 10;
/// Outboxes that are read together when their sizes are not known.
const FEW: usize = 4;
/// How often the sweep runs, and how often waiting events are counted.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// The same while more aggregates are blocked than can be tracked.
const CROWDED_SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// A regular sweep leaves younger events to their hints.
const SWEEP_AGE: Duration = Duration::from_secs(2);
/// The first and the longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// The time to publish the events of the last requests at shutdown.
const FINISH_TIMEOUT: Duration = Duration::from_secs(2);

/// The relay of one service.
#[derive(Debug)]
pub struct Relay {
    courier: Courier,
    hints: mpsc::Receiver<Hint>,
    /// Whether a store can still send hints.
    has_handles: bool,
    status: watch::Sender<RelayStatus>,
    recent: Recent,
    blocked: Blocked,
    /// The retry of blocked aggregates, beside all other work.
    retries: JoinSet<Retry>,
    /// No longer blocked: what was committed while they were has lost its hint.
    unblocked: Vec<AggregateKey>,
    pass: Option<Pass>,
    /// When the next pass begins, and how old the events must be.
    next_pass: (Instant, Duration),
    step_bytes: u64,
    /// When waiting events are counted next; never while there are none.
    next_count: Option<Instant>,
    /// The end of the pause, while there is one.
    paused_until: Option<Instant>,
    pause: Duration,
    connects: u64,
}

impl Relay {
    /// A relay of the outboxes in `collections`, and the handle for their stores.
    pub fn new(database: Database, collections: &[&'static str], bus: Bus) -> (RelayHandle, Self) {
        let (status, watched) = watch::channel(RelayStatus::default());
        let (handle, hints) = RelayHandle::new(watched);
        let relay = Self {
            courier: Courier {
                outboxes: Outboxes::new(database, collections),
                bus,
            },
            hints,
            has_handles: true,
            status,
            recent: Recent::default(),
            blocked: Blocked::default(),
            retries: JoinSet::new(),
            unblocked: Vec::new(),
            pass: None,
            // What an earlier process left is not under way anywhere.
            next_pass: (Instant::now(), Duration::ZERO),
            step_bytes: MAX_STEP_BYTES,
            next_count: None,
            paused_until: None,
            pause: FIRST_PAUSE,
            connects: 0,
        };
        (handle, relay)
    }

    /// Relays until `shutdown`, and then publishes the events of the last requests.
    pub async fn run(&mut self, shutdown: CancellationToken) {
        while let Some(hints) = self.wait(&shutdown).await {
            self.count().await;
            if self.is_paused() {
                continue;
            }
            match self.step(hints).await {
                Ok(()) => self.succeeded(),
                Err(error) => self.failed(&error),
            }
        }
        let finished = tokio::time::timeout(FINISH_TIMEOUT, self.relay_once(Duration::ZERO)).await;
        let error = match &finished {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => chain(error),
            Err(elapsed) => chain(elapsed),
        };
        tracing::warn!(error, "events stay in the outbox until the next start");
    }

    /// Publishes all events that have waited for `age` or longer, and returns how many there were.
    ///
    /// # Errors
    /// If the database or the bus is unavailable; nothing is lost.
    pub async fn relay_once(&mut self, age: Duration) -> Result<u64, RelayError> {
        let mut pass = Pass::new(&self.courier.outboxes, age);
        while self.sweep(&mut pass).await? {}
        Ok(pass.events)
    }

    /// Waits for something to do, and returns the hints that have come; `None` at the shutdown.
    async fn wait(&mut self, shutdown: &CancellationToken) -> Option<Vec<Hint>> {
        let wake = self.next_wake();
        let mut hints = Vec::new();
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return None,
            Some(retry) = self.retries.join_next() => self.retried(retry),
            // Without a store left there is nothing to receive: the sweep alone goes on.
            count = self.hints.recv_many(&mut hints, MAX_STEP), if self.has_handles => {
                self.has_handles = count > 0;
            }
            () = tokio::time::sleep_until(wake) => {}
        }
        Some(hints)
    }

    fn next_wake(&self) -> Instant {
        let due = match self.paused_until {
            Some(end) => end,
            None if self.pass.is_some() => Instant::now(),
            None => {
                let retry = self.blocked.next_retry().filter(|_| self.retries.is_empty());
                retry.map_or(self.next_pass.0, |retry| retry.min(self.next_pass.0))
            }
        };
        self.next_count.map_or(due, |count| count.min(due))
    }

    /// Whether the relay has to wait until the bus or the database is available again.
    fn is_paused(&mut self) -> bool {
        let Some(end) = self.paused_until else {
            return false;
        };
        if Instant::now() < end {
            return true;
        }
        if !self.courier.bus.is_connected() {
            self.paused_until = Some(Instant::now() + FIRST_PAUSE);
            return true;
        }
        // In this order: an event whose commit saw the pause, and sent no hint, is found by the pass.
        self.paused_until = None;
        self.status.send_modify(|status| status.paused = false);
        self.sweep_everything();
        false
    }

    fn sweep_everything(&mut self) {
        self.pass = None;
        self.next_pass = (Instant::now(), Duration::ZERO);
    }

    /// One step of everything that is due, so that no kind of work waits for another kind.
    async fn step(&mut self, hints: Vec<Hint>) -> Result<(), RelayError> {
        // Before anything is read.
        if !self.courier.bus.is_connected() {
            return Err(PublishError::Unavailable(None).into());
        }
        let connects = self.courier.bus.connects();
        if std::mem::replace(&mut self.connects, connects) != connects {
            self.blocked.retry_all();
        }
        self.relay_hints(hints).await?;
        let unblocked = std::mem::take(&mut self.unblocked);
        self.relay_outboxes(&unblocked).await?;
        self.start_retry();
        let (due, age) = self.next_pass;
        if self.pass.is_none() && Instant::now() >= due {
            self.pass = Some(Pass::new(&self.courier.outboxes, age));
        }
        if let Some(mut pass) = self.pass.take() {
            if self.sweep(&mut pass).await? {
                self.pass = Some(pass);
            } else {
                self.swept(&pass);
            }
        }
        Ok(())
    }

    /// One step of `pass`; returns whether it goes on.
    async fn sweep(&mut self, pass: &mut Pass) -> Result<bool, RelayError> {
        let skip = |key: &AggregateKey| self.blocked.contains(key);
        let step = pass
            .next_step(&self.courier.outboxes, self.step_bytes, skip)
            .await?;
        let Some(step) = step else { return Ok(false) };
        self.next_count.get_or_insert_with(Instant::now);
        let read = self.courier.read_from(step.collection, &step.ids).await;
        self.step_bytes = match &read {
            Ok(_) => (self.step_bytes * 2).min(MAX_STEP_BYTES),
            Err(_) => (self.step_bytes / 2).max(MIN_STEP_BYTES),
        };
        self.deliver(read?).await?;
        Ok(true)
    }

    fn swept(&mut self, pass: &Pass) {
        // Each pass publishes in vain what is blocked and not tracked.
        let interval = if self.blocked.is_full() {
            CROWDED_SWEEP_INTERVAL
        } else {
            SWEEP_INTERVAL
        };
        self.next_pass = (Instant::now() + interval, SWEEP_AGE);
        if pass.events == 0 && self.blocked.len() == 0 {
            self.next_count = None;
            self.report(Backlog::default());
        }
    }

    /// Publishes hinted events without reading them again, unless some of an aggregate must come before them.
    async fn relay_hints(&mut self, hints: Vec<Hint>) -> Result<(), RelayError> {
        let mut pending: Vec<Result<PendingEvents, Failure>> = Vec::new();
        let mut hinted: HashMap<AggregateKey, Vec<OutboxEntry>> = HashMap::new();
        let mut incomplete: HashSet<AggregateKey> = HashSet::new();
        let mut order = Vec::new();
        for Hint {
            key, event, earlier, ..
        } in hints
        {
            if self.blocked.contains(&key) || self.recent.contains(&event.id) {
                continue;
            }
            let events = hinted.entry(key.clone()).or_insert_with(|| {
                order.push(key.clone());
                Vec::new()
            });
            let is_known =
                |id: &EventId| self.recent.contains(id) || events.iter().any(|event| event.id == *id);
            if !earlier.iter().all(is_known) {
                incomplete.insert(key);
            }
            events.push(event);
        }
        for key in order {
            if let Some(events) = hinted.remove(&key).filter(|_| !incomplete.contains(&key)) {
                pending.push(Ok(PendingEvents { key, events }));
            }
        }
        self.deliver(pending).await?;
        let incomplete: Vec<AggregateKey> = incomplete.into_iter().collect();
        self.relay_outboxes(&incomplete).await
    }

    /// Publishes everything that waits of these aggregates.
    async fn relay_outboxes(&mut self, keys: &[AggregateKey]) -> Result<(), RelayError> {
        for few in keys.chunks(FEW) {
            let read = self.courier.read(few).await?;
            self.deliver(read).await?;
        }
        Ok(())
    }

    /// Publishes and clears; the aggregates that fail by themselves are blocked.
    async fn deliver(&mut self, pending: Vec<Result<PendingEvents, Failure>>) -> Result<(), RelayError> {
        if pending.is_empty() {
            return Ok(());
        }
        let recent = &self.recent;
        let delivery = self.courier.deliver(pending, |id| recent.contains(id)).await;
        self.note(&delivery);
        let mut fault = Ok(());
        for failure in delivery.failures {
            match failure.of_bus() {
                Ok(error) => fault = Err(error.into()),
                Err(failure) => self.block(failure),
            }
        }
        delivery.cleared?;
        fault
    }

    fn note(&mut self, delivery: &Delivery) {
        metrics::counter!("relay_published_total").increment(delivery.published.len() as u64);
        for id in &delivery.published {
            self.recent.insert(*id);
        }
    }

    fn block(&mut self, failure: Failure) {
        let Failure { key, error } = failure;
        metrics::counter!("relay_failures_total", "reason" => error.reason()).increment(1);
        let error = chain(&*error);
        match self.blocked.block(key.clone(), error.clone()) {
            Tracking::New => {
                tracing::error!(aggregate = %key, error, "an event cannot be published, and its aggregate waits");
            }
            Tracking::Known => {}
            Tracking::Full => metrics::counter!("relay_untracked_failures_total").increment(1),
        }
        self.next_count.get_or_insert_with(Instant::now);
        self.report_blocked();
    }

    /// Beside everything else, since a server that does not respond costs a timeout.
    fn start_retry(&mut self) {
        if !self.retries.is_empty() {
            return;
        }
        let due = self.blocked.due(FEW);
        if !due.is_empty() {
            let courier = self.courier.clone();
            self.retries.spawn(async move { courier.retry(due).await });
        }
    }

    fn retried(&mut self, retry: Result<Retry, JoinError>) {
        let retry = match retry {
            Ok(retry) => retry,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return,
        };
        let delivery = match retry.delivery {
            Ok(delivery) => delivery,
            Err(error) => {
                tracing::debug!(error = chain(&error), "blocked aggregates cannot be read");
                return retry.keys.iter().for_each(|key| self.blocked.postpone(key));
            }
        };
        self.note(&delivery);
        let mut keys: HashSet<AggregateKey> = retry.keys.into_iter().collect();
        for failure in delivery.failures {
            keys.remove(&failure.key);
            self.block(failure);
        }
        for key in keys {
            if self.blocked.unblock(&key) {
                tracing::info!(aggregate = %key, "its events are published again");
                self.unblocked.push(key);
            }
        }
        self.report_blocked();
    }

    fn succeeded(&mut self) {
        self.pause = FIRST_PAUSE;
        let is_over = |status: &mut RelayStatus| status.last_error.take().is_some();
        if self.status.send_if_modified(is_over) {
            tracing::info!("events are published again");
        }
    }

    fn failed(&mut self, error: &RelayError) {
        metrics::counter!("relay_failures_total", "reason" => error.reason()).increment(1);
        self.pass = None;
        self.paused_until = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(MAX_PAUSE);
        self.next_count.get_or_insert_with(Instant::now);
        let error = chain(error);
        let is_first = self.status.borrow().last_error.is_none();
        if is_first {
            tracing::warn!(error, "events wait in the outbox");
        }
        self.status.send_modify(|status| {
            status.paused = true;
            status.last_error = Some(error);
        });
    }

    /// Counts the waiting events from time to time, as long as there are any.
    async fn count(&mut self) {
        if self.next_count.is_none_or(|next| Instant::now() < next) {
            return;
        }
        match self.courier.outboxes.backlog().await {
            Ok(backlog) => self.report(backlog),
            Err(error) => tracing::debug!(error = chain(&error), "waiting events cannot be counted"),
        }
        self.next_count = Some(Instant::now() + SWEEP_INTERVAL);
    }

    fn report(&self, backlog: Backlog) {
        let service = self.courier.bus.service();
        let age = backlog.oldest.map(|oldest| Timestamp::now().since(oldest));
        metrics::gauge!("outbox_events", "service" => service).set(backlog.events as f64);
        metrics::gauge!("outbox_oldest_event_age_seconds", "service" => service)
            .set(age.unwrap_or_default().as_secs_f64());
        self.status.send_modify(|status| {
            status.outbox_events = backlog.events;
            status.oldest_event = backlog.oldest;
        });
    }

    fn report_blocked(&self) {
        let count = self.blocked.len();
        metrics::gauge!("relay_blocked_aggregates", "service" => self.courier.bus.service())
            .set(count as f64);
        self.status.send_modify(|status| {
            status.blocked_aggregates = count;
            status.blocked = self.blocked.shown();
        });
    }
}
