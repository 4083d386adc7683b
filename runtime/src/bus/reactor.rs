//! A reactor: a durable consumer that does something once for each event, and acknowledges after it is done.
//!
//! An effect that fails is tried again after a growing, jittered delay. One that keeps failing goes to the dead
//! letters after [`MAX_ATTEMPTS`], and a message that is no event at all goes there at once. While a server that
//! the effect needs is away nothing is given up: those attempts do not count, since the event is not to blame.

use std::{
    collections::HashMap,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_nats::jetstream::{
    AckKind,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
    message::Message,
};
use common::{
    error::chain,
    event::{Event, Received, STREAM, topology::ConsumerSpec},
};
use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use super::{
    Bus, DeadLetter,
    message::{is_redrive_for_other, read},
};
use crate::store::{CommandError, StoreError};

/// After so many failures of its own an event is a dead letter.
pub const MAX_ATTEMPTS: u64 = 5;

/// Events of one reactor that are worked on at the same time.
const CONCURRENCY: usize = 16;
/// How often a reaction that takes long says that it is still being worked on.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(3);
/// The first and the longest pause before an event is tried again.
const FIRST_DELAY: Duration = Duration::from_millis(200);
const MAX_DELAY: Duration = Duration::from_secs(30);
/// The pause before the consumer is opened again after the bus failed.
const REOPEN_DELAY: Duration = Duration::from_millis(500);

/// Handles the events of one consumer. Closures and functions of an event are handlers, too.
pub trait EventHandler: Send + Sync + 'static {
    /// Handles `event`. Called at least once for each event, in no particular order, so it must tolerate redelivery:
    /// apply what is newer and ignore the rest.
    fn handle(&self, event: Arc<Received>) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

impl<F, R> EventHandler for F
where
    F: Fn(Arc<Received>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), HandlerError>> + Send,
{
    fn handle(&self, event: Arc<Received>) -> impl Future<Output = Result<(), HandlerError>> + Send {
        self(event)
    }
}

/// Why a reaction failed.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// Something it needs is away; tried again until it is back.
    #[error("something that is needed is away")]
    Transient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It failed by itself; tried five times, then a dead letter.
    #[error("the reaction failed")]
    Permanent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for HandlerError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            Self::Transient(Box::new(error))
        } else {
            Self::Permanent(Box::new(error))
        }
    }
}

impl<D: std::error::Error + Send + Sync + 'static> From<CommandError<D>> for HandlerError {
    fn from(error: CommandError<D>) -> Self {
        match error {
            CommandError::Domain(error) => Self::Permanent(Box::new(error)),
            CommandError::Store(error) => error.into(),
        }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Done, and acknowledged.
    Done,
    /// To be delivered again after the delay.
    Retry(Duration),
    /// Filed among the dead letters, and acknowledged.
    DeadLettered,
}

/// A durable consumer with its handler.
#[derive(Debug)]
pub struct Reactor<H> {
    bus: Bus,
    name: &'static str,
    spec: ConsumerSpec,
    handler: H,
    /// How often events that are not settled yet have failed by themselves, by sequence. Deliveries are no measure:
    /// an outage or a restart delivers again too.
    failures: Mutex<HashMap<u64, u64>>,
}

impl<H: EventHandler> Reactor<H> {
    /// The durable consumer `spec`, whose events `handler` handles.
    pub fn new(bus: Bus, spec: ConsumerSpec, handler: H) -> Self {
        Self {
            bus,
            name: spec.name,
            spec,
            handler,
            failures: Mutex::default(),
        }
    }

    /// Consumes until `shutdown`; events in progress are finished first. May be called again, also after a panic.
    pub async fn run(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            if let Err(error) = self.consume(&shutdown).await {
                tracing::warn!(
                    consumer = self.name,
                    error = chain(&*error),
                    "the consumer is interrupted"
                );
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(REOPEN_DELAY) => {}
            }
        }
    }

    async fn consume(
        &self,
        shutdown: &CancellationToken,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let consumer = self.open().await?;
        let mut messages = consumer
            .stream()
            .max_messages_per_batch(CONCURRENCY * 4)
            .heartbeat(Duration::from_secs(2))
            .expires(Duration::from_secs(10))
            .messages()
            .await?;
        let mut work = FuturesUnordered::new();
        let interrupted = loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break Ok(()),
                Some(_) = work.next() => {}
                message = messages.next(), if work.len() < CONCURRENCY => match message {
                    Some(Ok(message)) => work.push(async move { self.settle(&message).await }),
                    Some(Err(error)) => break Err(error.into()),
                    None => break Err("the subscription ended".into()),
                }
            }
        };
        // What was fetched and not begun is handed back at once, for whoever is left.
        while let Some(Some(Ok(message))) = messages.next().now_or_never() {
            let _ = message.ack_with(AckKind::Nak(None)).await;
        }
        while work.next().await.is_some() {}
        interrupted
    }

    async fn open(&self) -> Result<PullConsumer, Box<dyn std::error::Error + Send + Sync>> {
        let config = pull::Config {
            durable_name: Some(self.name.to_owned()),
            description: Some(format!("{}: {}", self.bus.service(), self.spec.purpose)),
            // The only filter, so that it stands in the request's subject, where permissions are checked.
            filter_subject: self.spec.filter_subject.to_owned(),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ConsumerSpec::ACK_WAIT,
            // The runner counts: a delivery during an outage must not use up the event's chances.
            max_deliver: -1,
            max_ack_pending: i64::from(ConsumerSpec::MAX_ACK_PENDING),
            ..pull::Config::default()
        };
        Ok(self
            .bus
            .jetstream
            .create_consumer_on_stream(config, STREAM)
            .await?)
    }

    /// Reacts to one message and tells the server what became of it.
    pub async fn settle(&self, message: &Message) -> Disposition {
        let disposition = tokio::select! {
            disposition = self.react_once(message) => disposition,
            never = self.keep_alive(message) => match never {},
        };
        let kind = match disposition {
            Disposition::Done | Disposition::DeadLettered => AckKind::Ack,
            // Always with a delay: without one the server delivers again at once, and again.
            Disposition::Retry(delay) => AckKind::Nak(Some(delay)),
        };
        if let Err(error) = message.ack_with(kind).await {
            // The server will deliver it again after `ACK_WAIT`, and the reaction bears that.
            tracing::warn!(consumer = self.name, %error, "an acknowledgement could not be sent");
        }
        disposition
    }

    /// Tells the server, again and again, that the message is being worked on.
    async fn keep_alive(&self, message: &Message) -> Infallible {
        loop {
            tokio::time::sleep(PROGRESS_INTERVAL).await;
            if let Err(error) = message.ack_with(AckKind::Progress).await {
                tracing::debug!(consumer = self.name, %error, "a sign of life could not be sent");
            }
        }
    }

    async fn react_once(&self, message: &Message) -> Disposition {
        let (sequence, deliveries) = message.info().map_or((0, 1), |info| {
            (info.stream_sequence, u64::try_from(info.delivered).unwrap_or(1))
        });
        if is_redrive_for_other(message, self.name) {
            return Disposition::Done;
        }
        let event = match read(message) {
            Ok(Received {
                event: Event::Unknown,
                ..
            }) => return Disposition::Done,
            Ok(event) => Arc::new(event),
            Err(error) => return self.give_up(message, sequence, 1, chain(&error)).await,
        };
        let started = Instant::now();
        // A panic is a failure of this event, and no reason for the others to wait.
        let result = AssertUnwindSafe(self.handler.handle(event)).catch_unwind().await;
        let result = result.unwrap_or_else(|_| Err(HandlerError::Permanent("the reaction panicked".into())));
        metrics::histogram!("reaction_duration_seconds", "consumer" => self.name)
            .record(started.elapsed().as_secs_f64());
        let error = match result {
            Ok(()) => {
                self.forget(sequence);
                return Disposition::Done;
            }
            Err(error) => error,
        };
        let failures = self.count_failure(sequence, &error);
        if let HandlerError::Permanent(cause) = &error
            && failures >= MAX_ATTEMPTS
        {
            return self.give_up(message, sequence, failures, chain(&**cause)).await;
        }
        let delay = retry_delay(deliveries);
        tracing::warn!(
            consumer = self.name,
            subject = %message.subject,
            sequence,
            failures,
            delay_ms = delay.as_millis(),
            error = chain(&error),
            "a reaction will be tried again"
        );
        Disposition::Retry(delay)
    }

    /// How often this event has failed by itself, now that `error` came of it.
    fn count_failure(&self, sequence: u64, error: &HandlerError) -> u64 {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(sequence).or_default();
        *count += u64::from(matches!(error, HandlerError::Permanent(_)));
        *count
    }

    fn forget(&self, sequence: u64) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&sequence);
    }

    async fn give_up(&self, message: &Message, sequence: u64, attempts: u64, reason: String) -> Disposition {
        let letter = DeadLetter {
            consumer: self.name,
            message,
            sequence,
            attempts,
            reason,
        };
        match self.bus.dead_letter(&letter).await {
            Ok(()) => {
                self.forget(sequence);
                Disposition::DeadLettered
            }
            // Not filed, so not to be passed over.
            Err(_) => Disposition::Retry(retry_delay(attempts)),
        }
    }
}

/// Doubles with each attempt, less up to a quarter by chance, so that many do not come back at once.
fn retry_delay(attempts: u64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or(u32::MAX)
        .min(10);
    let delay = FIRST_DELAY
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(MAX_DELAY);
    delay.mul_f64(1.0 - rand::random::<f64>() / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_are_bounded() {
        for attempts in 1..100 {
            let delay = retry_delay(attempts);
            assert!(
                delay >= FIRST_DELAY.mul_f64(0.75) && delay <= MAX_DELAY,
                "{attempts}: {delay:?}"
            );
        }
        assert!(retry_delay(5) > retry_delay(1));
    }
}
