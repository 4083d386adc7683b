//! Hints: a commit passes its event to the relay in memory, and reads how the relay is doing.

use std::sync::Arc;

use common::{event::Timestamp, ids::EventId};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::outbox::{AggregateKey, OutboxEntry};

/// The most hints in the queue.
const MAX_HINTS: usize = 4096;
/// The most bytes of all events in the queue.
const MAX_BYTES: usize = 8 << 20;

/// A committed event that waits for the relay.
///
/// It carries the event and not only its id: with the id alone the relay would have to read every document once
/// more, and a command costs one write and one clearing. The queue is bounded by bytes instead; a hint beyond the
/// bound is dropped, and the sweep finds the event.
#[derive(Debug)]
pub(crate) struct Hint {
    pub(crate) key: AggregateKey,
    pub(crate) event: OutboxEntry,
    /// Events that were already in the outbox: they must be published first.
    pub(crate) earlier: Vec<EventId>,
    _bytes: OwnedSemaphorePermit,
}

/// Passes hints to the relay; cheap to clone. A hint that is lost is no loss: the sweep finds the event.
#[derive(Debug, Clone)]
pub struct RelayHandle {
    hints: mpsc::Sender<Hint>,
    budget: Arc<Semaphore>,
    status: watch::Receiver<RelayStatus>,
}

impl RelayHandle {
    pub(crate) fn new(status: watch::Receiver<RelayStatus>) -> (Self, mpsc::Receiver<Hint>) {
        let (sender, hints) = mpsc::channel(MAX_HINTS);
        let budget = Arc::new(Semaphore::new(MAX_BYTES));
        let handle = Self {
            hints: sender,
            budget,
            status,
        };
        (handle, hints)
    }

    pub(crate) fn hint(&self, key: AggregateKey, event: OutboxEntry, earlier: Vec<EventId>) {
        // A paused relay sweeps everything when it resumes.
        if self.status.borrow().paused {
            return;
        }
        let bytes = u32::try_from(event.bytes()).unwrap_or(u32::MAX);
        let sent = Arc::clone(&self.budget)
            .try_acquire_many_owned(bytes)
            .is_ok_and(|permit| {
                let hint = Hint {
                    key,
                    event,
                    earlier,
                    _bytes: permit,
                };
                self.hints.try_send(hint).is_ok()
            });
        if !sent {
            metrics::counter!("relay_hints_dropped_total").increment(1);
        }
    }

    /// What the relay is doing.
    pub fn status(&self) -> RelayStatus {
        self.status.borrow().clone()
    }
}

/// The state of a relay, for operators. Whatever it is, the service accepts writes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RelayStatus {
    /// Whether nothing can be published, because the bus or the database is unavailable.
    pub paused: bool,
    /// Aggregates of which an event cannot be published; their later events wait behind it.
    pub blocked_aggregates: usize,
    /// The first few of them.
    pub blocked: Vec<BlockedAggregate>,
    /// Events that waited in the outboxes when they were last counted.
    pub outbox_events: u64,
    /// When the oldest of them was committed.
    pub oldest_event: Option<Timestamp>,
    /// The last failure, if it is not over.
    pub last_error: Option<String>,
}

impl RelayStatus {
    /// The problems, for the detail of `/readyz`.
    pub(crate) fn check(&self) -> Result<(), String> {
        let blocked = self.blocked.iter().map(|blocked| {
            let BlockedAggregate {
                aggregate,
                since,
                error,
            } = blocked;
            format!("{aggregate} is blocked since {since}: {error}")
        });
        let mut problems: Vec<String> = blocked.collect();
        let others = self.blocked_aggregates.saturating_sub(self.blocked.len());
        if others > 0 {
            problems.push(format!("{others} more aggregates are blocked"));
        }
        problems.extend(self.last_error.as_ref().map(|error| format!("paused: {error}")));
        let oldest = self.oldest_event.map(|at| {
            format!(
                "the oldest of {} unpublished events is from {at}",
                self.outbox_events
            )
        });
        problems.extend(oldest);
        if problems.is_empty() {
            return Ok(());
        }
        Err(problems.join("; "))
    }
}

/// An aggregate of which an event cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockedAggregate {
    /// Its collection and id.
    pub aggregate: String,
    /// When that was first noticed.
    pub since: Timestamp,
    /// Why.
    pub error: String,
}

#[cfg(test)]
mod tests {
    use common::event::WireMessage;

    use super::*;

    /// The number of hints of `bytes` each that fit into the queue, of `sent` ones.
    fn queued(sent: usize, bytes: usize) -> usize {
        let (_status, watched) = watch::channel(RelayStatus::default());
        let (handle, mut hints) = RelayHandle::new(watched);
        for _ in 0..sent {
            let message = WireMessage {
                subject: String::new(),
                headers: Vec::new(),
                payload: vec![b'x'; bytes].into(),
            };
            let key = AggregateKey {
                collection: "posts",
                id: String::new(),
            };
            let event = OutboxEntry::new(EventId::generate(), Timestamp::now(), message);
            handle.hint(key, event, Vec::new());
        }
        std::iter::from_fn(|| hints.try_recv().ok()).count()
    }

    #[test]
    fn the_queue_is_bounded_by_number_and_by_bytes() {
        assert_eq!(queued(MAX_HINTS + 1, 1), MAX_HINTS);
        assert_eq!(queued(20, 1 << 20), MAX_BYTES >> 20);
    }

    #[test]
    fn the_status_names_blocked_aggregates_and_the_oldest_event() {
        assert_eq!(RelayStatus::default().check(), Ok(()));
        let at: Timestamp = "2026-01-31T12:00:00.000Z".parse().unwrap();
        let status = RelayStatus {
            blocked_aggregates: 3,
            blocked: vec![BlockedAggregate {
                aggregate: "posts/1".to_owned(),
                since: at,
                error: "too large".to_owned(),
            }],
            outbox_events: 4,
            oldest_event: Some(at),
            ..RelayStatus::default()
        };
        let expected = "posts/1 is blocked since 2026-01-31T12:00:00.000Z: too large; 2 more aggregates are blocked; \
                        the oldest of 4 unpublished events is from 2026-01-31T12:00:00.000Z";
        assert_eq!(status.check(), Err(expected.to_owned()));
    }
}
