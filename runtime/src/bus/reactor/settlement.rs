//! From a message to its settlement: handle the event, then acknowledge, retry or dead-letter it.

use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_nats::jetstream::{AckKind, message::Message};
use common::{
    error::chain,
    event::{Event, topology::ConsumerSpec},
};
use futures::FutureExt as _;
use tokio::time::{Instant, sleep};

use super::{
    circuit::Signal,
    failures::{Failures, MessageId},
    handler::{EventHandler, HandlerError},
    monitor::Monitor,
    trials::{Error, MAX_TRIALS, SUSPICIOUS, Trial},
};
use crate::bus::{
    Bus, DeadLetter,
    message::{is_redrive_for_other, read},
};

/// An event becomes a dead letter after so many permanent failures.
pub const MAX_ATTEMPTS: u64 = 5;

/// How often the server learns that an event is still in progress.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(3);
/// The first and the longest delay before an event is redelivered.
const FIRST_DELAY: Duration = Duration::from_millis(200);
const MAX_DELAY: Duration = Duration::from_secs(30);
/// The delay of messages that are given back: long enough for the server to notice that this subscription has ended.
const GIVE_BACK_DELAY: Duration = Duration::from_millis(100);

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disposition {
    /// It is acknowledged: its event was handled or is not for this consumer, or it is a dead letter.
    Settled,
    /// It is redelivered after the delay.
    Retry(Duration),
}

/// Settles the messages of one consumer.
#[derive(Debug)]
pub(super) struct Settlement<H> {
    bus: Bus,
    spec: ConsumerSpec,
    handler: H,
    failures: Failures,
    pub(super) monitor: Monitor,
}

impl<H: EventHandler> Settlement<H> {
    pub(super) fn new(bus: Bus, spec: ConsumerSpec, handler: H) -> Self {
        Self {
            bus,
            spec,
            handler,
            failures: Failures::default(),
            monitor: Monitor::new(spec.name),
        }
    }

    /// Whether `message` may have ended the processes that handled it, so that it must be settled alone: see
    /// [`trials`](super::trials).
    pub(super) fn is_suspicious(&self, message: &Message) -> bool {
        let (id, deliveries) = MessageId::with_deliveries(message);
        deliveries > SUSPICIOUS && !self.failures.contains(id)
    }

    /// Handles the event in `message` and reports the result to the server.
    pub(super) async fn settle(&self, message: &Message) {
        let work = async {
            if self.is_suspicious(message) {
                self.try_suspicious(message).await
            } else {
                self.handle(message).await
            }
        };
        let disposition = tokio::select! {
            disposition = work => disposition,
            never = self.keep_alive(message) => match never {},
        };
        self.acknowledge(message, disposition).await;
    }

    /// Returns a message that was not handled to the server.
    pub(super) async fn give_back(&self, message: &Message) {
        self.acknowledge(message, Disposition::Retry(GIVE_BACK_DELAY))
            .await;
    }

    async fn try_suspicious(&self, message: &Message) -> Disposition {
        let (id, deliveries) = MessageId::with_deliveries(message);
        let trial = match Trial::begin(&self.bus, &self.spec, id).await {
            Ok(trial) => trial,
            Err(error) => {
                self.log_trial_error(id, &error);
                return self.handle(message).await;
            }
        };
        let disposition = if trial.unfinished() >= MAX_TRIALS {
            let reason = format!("the process ended {MAX_TRIALS} times while it handled this event");
            self.dead_letter(message, id, deliveries, reason).await
        } else {
            self.handle(message).await
        };
        if let Err(error) = trial.finish().await {
            self.log_trial_error(id, &error);
        }
        disposition
    }

    fn log_trial_error(&self, id: MessageId, error: &Error) {
        tracing::warn!(
            consumer = self.spec.name,
            sequence = id.sequence,
            error = chain(&**error),
            "the trial of an event with many deliveries cannot be recorded"
        );
    }

    async fn acknowledge(&self, message: &Message, disposition: Disposition) {
        let kind = match disposition {
            Disposition::Settled => AckKind::Ack,
            // Always with a delay: without one the server redelivers at once, again and again.
            Disposition::Retry(delay) => AckKind::Nak(Some(delay)),
        };
        if let Err(error) = message.ack_with(kind).await {
            // The server redelivers it after `ACK_WAIT`, which handlers tolerate.
            tracing::warn!(consumer = self.spec.name, %error, "an acknowledgement cannot be sent");
        }
    }

    /// Reports to the server, until it is dropped, that the message is in progress.
    async fn keep_alive(&self, message: &Message) -> Infallible {
        loop {
            sleep(PROGRESS_INTERVAL).await;
            if let Err(error) = message.ack_with(AckKind::Progress).await {
                tracing::debug!(consumer = self.spec.name, %error, "the progress of an event cannot be reported");
            }
        }
    }

    async fn handle(&self, message: &Message) -> Disposition {
        let (id, _) = MessageId::with_deliveries(message);
        if is_redrive_for_other(message, self.spec.name) {
            return Disposition::Settled;
        }
        let event = match read(message) {
            Ok(received) if received.event == Event::Unknown => return Disposition::Settled,
            Ok(received) => Arc::new(received),
            Err(error) => return self.dead_letter(message, id, 1, chain(&error)).await,
        };
        let started = Instant::now();
        // A panic is a failure of this event; the others go on. Some handlers panic before they return their future.
        let handling = async { self.handler.handle(event).await };
        let result = AssertUnwindSafe(handling).catch_unwind().await;
        let result = result.unwrap_or_else(|_| Err(HandlerError::Permanent("the handler panicked".into())));
        metrics::histogram!("consumer_handler_duration_seconds", "consumer" => self.spec.name)
            .record(started.elapsed().as_secs_f64());
        match result {
            Ok(()) => {
                self.failures.forget(id);
                self.monitor.record(Signal::Success, None);
                Disposition::Settled
            }
            Err(error) => self.failed(message, id, &error).await,
        }
    }

    async fn failed(&self, message: &Message, id: MessageId, error: &HandlerError) -> Disposition {
        let is_permanent = matches!(error, HandlerError::Permanent(_));
        let failures = self.failures.count(id, is_permanent);
        let signal = if is_permanent || failures.all > 1 {
            Signal::None
        } else {
            Signal::FirstFailure
        };
        self.monitor.record(signal, Some(chain(error)));
        if let HandlerError::Permanent(cause) = error
            && failures.permanent >= MAX_ATTEMPTS
        {
            let reason = chain(&**cause);
            return self.dead_letter(message, id, failures.permanent, reason).await;
        }
        let delay = retry_delay(failures.all);
        // In an outage every pending event fails again and again.
        if failures.all == 1 {
            tracing::warn!(
                consumer = self.spec.name,
                subject = %message.subject,
                sequence = id.sequence,
                error = chain(error),
                "an event will be retried until it succeeds"
            );
        } else {
            tracing::debug!(
                consumer = self.spec.name,
                sequence = id.sequence,
                failures = failures.all,
                delay_ms = delay.as_millis(),
                error = chain(error),
                "an event failed again"
            );
        }
        Disposition::Retry(delay)
    }

    async fn dead_letter(
        &self,
        message: &Message,
        id: MessageId,
        attempts: u64,
        reason: String,
    ) -> Disposition {
        let letter = DeadLetter {
            consumer: self.spec.name,
            message,
            sequence: id.sequence,
            attempts,
            reason,
        };
        match self.bus.dead_letter(&letter).await {
            Ok(()) => {
                self.failures.forget(id);
                Disposition::Settled
            }
            // Not stored, so the message must not be acknowledged.
            Err(_) => Disposition::Retry(retry_delay(attempts)),
        }
    }
}

/// Doubles with each attempt, less up to a quarter at random, so that many events are not redelivered at once.
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
