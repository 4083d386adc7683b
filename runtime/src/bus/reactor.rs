//! A reactor: a durable consumer with a handler, which acknowledges an event after its effect is committed.
//!
//! What happens to an event whose handler fails depends on the kind of the failure:
//!
//! - **Transient**, which is the default: the event is redelivered, with growing delays, until the handler succeeds. A
//!   [circuit breaker](circuit) stops fetching while a dependency is down.
//! - **Permanent** (the domain refuses the event, the handler panics): the event is redelivered as well, since it may
//!   have arrived before one that it depends on. After [`MAX_ATTEMPTS`] permanent failures it becomes a dead letter.
//!   Transient failures in between are not counted.
//! - **Undecodable** messages become dead letters at once.
//! - **The process ends**: see [`trials`].

mod circuit;
mod failures;
mod handler;
mod monitor;
mod settlement;
mod trials;

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::{
    ErrorCode,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
    stream::{ConsumerError, ConsumerErrorKind},
};
use common::{
    error::chain,
    event::{STREAM, topology::ConsumerSpec},
};
use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio::{
    sync::watch,
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

pub use self::{
    circuit::CircuitState,
    handler::{EventHandler, HandlerError},
    monitor::ConsumerStatus,
    settlement::MAX_ATTEMPTS,
};
use self::{circuit::Signal, settlement::Settlement, trials::Error};
use super::Bus;

/// Events of one reactor that are handled at the same time.
const CONCURRENCY: usize = 16;
/// The delay before the consumer is opened again after the bus failed.
const REOPEN_DELAY: Duration = Duration::from_millis(500);
/// How long a pull request waits for messages.
const PULL_TIMEOUT: Duration = Duration::from_secs(10);
/// A pull request without a sign of life from the server for twice this long has failed.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// A durable consumer with its handler.
#[derive(Debug)]
pub struct Reactor<H> {
    bus: Bus,
    spec: ConsumerSpec,
    settlement: Settlement<H>,
}

impl<H: EventHandler> Reactor<H> {
    /// The durable consumer `spec`, whose events `handler` handles.
    pub fn new(bus: Bus, spec: ConsumerSpec, handler: H) -> Self {
        Self {
            bus: bus.clone(),
            spec,
            settlement: Settlement::new(bus, spec, handler),
        }
    }

    /// What the consumer is doing, now and in the future.
    pub fn status(&self) -> watch::Receiver<ConsumerStatus> {
        self.settlement.monitor.status()
    }

    /// Consumes until `shutdown`; events in progress are finished first. May be called again, also after a panic.
    pub async fn run(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            if let Err(error) = self.consume(&shutdown).await {
                self.settlement.monitor.interrupted(chain(&*error));
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(REOPEN_DELAY) => {}
            }
        }
    }

    async fn consume(&self, shutdown: &CancellationToken) -> Result<(), Error> {
        let consumer = self.open().await?;
        while !shutdown.is_cancelled() {
            match self.settlement.monitor.next_step() {
                (CircuitState::Open, Some(until)) => tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = sleep_until(until) => {}
                },
                (CircuitState::HalfOpen, _) => self.probe(&consumer, shutdown).await?,
                _ => self.fetch(&consumer, shutdown).await?,
            }
        }
        Ok(())
    }

    /// Creates the consumer, or configures it anew if an older release did. What a newer release has configured stays.
    async fn open(&self) -> Result<PullConsumer, Error> {
        let jetstream = &self.bus.jetstream;
        let consumer = match jetstream.get_consumer_from_stream(self.spec.name, STREAM).await {
            Ok(consumer) if revision(&consumer) >= self.spec.revision => consumer,
            Ok(_) => jetstream.update_consumer_on_stream(self.config(), STREAM).await?,
            // Refused, and attempted anew, if another release creates it at the same time.
            Err(error) if is_missing(&error) => {
                jetstream
                    .create_consumer_strict_on_stream(self.config(), STREAM)
                    .await?
            }
            Err(error) => return Err(error.into()),
        };
        self.settlement.monitor.opened();
        Ok(consumer)
    }

    fn config(&self) -> pull::Config {
        pull::Config {
            durable_name: Some(self.spec.name.to_owned()),
            description: Some(format!("{}: {}", self.bus.service(), self.spec.purpose)),
            // The only filter, so that it is in the request's subject, where permissions are checked.
            filter_subject: self.spec.filter_subject.to_owned(),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ConsumerSpec::ACK_WAIT,
            // Failures are counted here: a delivery during an outage must not use up an event's attempts.
            max_deliver: -1,
            max_ack_pending: i64::from(ConsumerSpec::MAX_ACK_PENDING),
            metadata: HashMap::from([(ConsumerSpec::REVISION.to_owned(), self.spec.revision.to_string())]),
            ..pull::Config::default()
        }
    }

    /// Handles events until `shutdown` or until the circuit opens.
    async fn fetch(&self, consumer: &PullConsumer, shutdown: &CancellationToken) -> Result<(), Error> {
        let mut messages = consumer
            .stream()
            .max_messages_per_batch(CONCURRENCY * 4)
            .heartbeat(HEARTBEAT)
            .expires(PULL_TIMEOUT)
            .messages()
            .await?;
        let mut in_progress = FuturesUnordered::new();
        let outcome = loop {
            if !self.settlement.monitor.is_closed() {
                break Ok(());
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break Ok(()),
                Some(()) = in_progress.next() => {}
                message = messages.next(), if in_progress.len() < CONCURRENCY => match message {
                    Some(Ok(message)) if self.settlement.is_suspicious(&message) => {
                        while in_progress.next().await.is_some() {}
                        self.settlement.settle(&message).await;
                    }
                    Some(Ok(message)) => in_progress.push(async move { self.settlement.settle(&message).await }),
                    Some(Err(error)) => break Err(error.into()),
                    None => break Err("the subscription ended".into()),
                }
            }
        };
        let mut unhandled = Vec::new();
        while let Some(Some(Ok(message))) = messages.next().now_or_never() {
            unhandled.push(message);
        }
        // Before they are returned, so that they are not delivered to it again.
        drop(messages);
        for message in unhandled {
            self.settlement.give_back(&message).await;
        }
        while in_progress.next().await.is_some() {}
        outcome
    }

    /// Handles one event. Without heartbeats, after which the client's batch does not notice a message any more.
    async fn probe(&self, consumer: &PullConsumer, shutdown: &CancellationToken) -> Result<(), Error> {
        let mut messages = consumer
            .batch()
            .max_messages(1)
            .expires(PULL_TIMEOUT)
            .messages()
            .await?;
        let message = tokio::select! {
            () = shutdown.cancelled() => {
                let message = messages.next().now_or_never();
                drop(messages);
                if let Some(Some(Ok(message))) = message {
                    self.settlement.give_back(&message).await;
                }
                return Ok(());
            }
            message = messages.next() => message,
        };
        match message {
            Some(Ok(message)) => self.settlement.settle(&message).await,
            Some(Err(error)) => return Err(error),
            None => self.settlement.monitor.record(Signal::Quiet, None),
        }
        Ok(())
    }
}

/// The revision of the release that has configured the consumer; 0 if it has none.
fn revision(consumer: &PullConsumer) -> u32 {
    let metadata = &consumer.cached_info().config.metadata;
    let revision = metadata.get(ConsumerSpec::REVISION);
    revision
        .and_then(|revision| revision.parse().ok())
        .unwrap_or_default()
}

fn is_missing(error: &ConsumerError) -> bool {
    match error.kind() {
        ConsumerErrorKind::JetStream(error) => error.error_code() == ErrorCode::CONSUMER_NOT_FOUND,
        _ => false,
    }
}
