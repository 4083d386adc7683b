//! How often each unsettled event has failed in this process.
//!
//! The server's delivery count is no measure of that: deliveries that an outage or a restart cut short count, too.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_nats::jetstream::message::Message;
use common::event::topology::ConsumerSpec;

/// More than the server leaves unsettled, since other replicas may settle events that failed here.
const CAPACITY: usize = 8 * ConsumerSpec::MAX_ACK_PENDING as usize;

/// A message of the log. Its time is part of its identity: in a log that was recreated, sequences begin again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MessageId {
    pub(super) sequence: u64,
    published: i128,
}

impl MessageId {
    /// The message's id and how often the server has delivered it.
    pub(super) fn with_deliveries(message: &Message) -> (Self, u64) {
        message.info().map_or((Self::default(), 1), |info| {
            let id = Self {
                sequence: info.stream_sequence,
                published: info.published.unix_timestamp_nanos(),
            };
            (id, u64::try_from(info.delivered).unwrap_or(1))
        })
    }

    /// The message's name in a key of a bucket.
    pub(super) fn key(&self) -> String {
        format!("{}-{}", self.sequence, self.published)
    }
}

/// The failures of one event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) permanent: u64,
    pub(super) all: u64,
}

#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<BTreeMap<MessageId, Count>>);

impl Failures {
    /// Counts one more failure and returns all of them.
    pub(super) fn count(&self, id: MessageId, permanent: bool) -> Count {
        let mut counts = self.lock();
        let count = counts.entry(id).or_default();
        count.permanent += u64::from(permanent);
        count.all += 1;
        let count = *count;
        while counts.len() > CAPACITY {
            counts.pop_first();
        }
        count
    }

    pub(super) fn contains(&self, id: MessageId) -> bool {
        self.lock().contains_key(&id)
    }

    pub(super) fn forget(&self, id: MessageId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<MessageId, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_for_each_message_and_bounded() {
        let failures = Failures::default();
        let id = |sequence| MessageId {
            sequence,
            published: 1,
        };
        failures.count(id(1), true);
        assert_eq!(failures.count(id(1), false), Count { permanent: 1, all: 2 });
        let same_sequence = MessageId {
            sequence: 1,
            published: 2,
        };
        assert_eq!(failures.count(same_sequence, true).all, 1, "a recreated log");
        for sequence in 2..=CAPACITY as u64 {
            failures.count(id(sequence), false);
        }
        assert!(!failures.contains(id(1)) && failures.contains(same_sequence));
        failures.forget(same_sequence);
        assert!(!failures.contains(same_sequence));
    }
}
