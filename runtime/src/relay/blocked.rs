//! Aggregates of which an event cannot be published. Each is retried on its own, ever more rarely.

use std::{collections::HashMap, time::Duration};

use common::event::Timestamp;
use tokio::time::Instant;

use crate::store::{hint::BlockedAggregate, outbox::AggregateKey};

/// The first and the longest delay before another attempt.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const MAX_DELAY: Duration = Duration::from_secs(60);
/// The number of tracked aggregates. Further ones are retried with each sweep, which is rarer then.
const CAPACITY: usize = 1024;
/// The number of aggregates in the status.
const SHOWN: usize = 5;

#[derive(Debug)]
struct Block {
    since: Timestamp,
    failures: u32,
    retry_at: Instant,
    error: String,
}

/// What is known about an aggregate that was blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tracking {
    /// It was not blocked before.
    New,
    /// It was blocked already.
    Known,
    /// It is not tracked, because too many are.
    Full,
}

/// The blocked aggregates of one relay.
#[derive(Debug, Default)]
pub(super) struct Blocked(HashMap<AggregateKey, Block>);

impl Blocked {
    pub(super) fn contains(&self, key: &AggregateKey) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether further ones are not tracked.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= CAPACITY
    }

    /// Blocks `key` because of `error`, again or for the first time.
    pub(super) fn block(&mut self, key: AggregateKey, error: String) -> Tracking {
        if self.is_full() && !self.0.contains_key(&key) {
            return Tracking::Full;
        }
        let block = self.0.entry(key).or_insert_with(|| Block {
            since: Timestamp::now(),
            failures: 0,
            retry_at: Instant::now(),
            error: String::new(),
        });
        block.failures += 1;
        block.error = error;
        block.retry_at = Instant::now() + delay(block.failures);
        if block.failures == 1 {
            Tracking::New
        } else {
            Tracking::Known
        }
    }

    /// `key` is retried later, for the reason that it was blocked.
    pub(super) fn postpone(&mut self, key: &AggregateKey) {
        if let Some(block) = self.0.get_mut(key) {
            block.retry_at = Instant::now() + delay(block.failures);
        }
    }

    /// `key` can be published again; whether it was blocked.
    pub(super) fn unblock(&mut self, key: &AggregateKey) -> bool {
        self.0.remove(key).is_some()
    }

    /// When the next one is due.
    pub(super) fn next_retry(&self) -> Option<Instant> {
        self.0.values().map(|block| block.retry_at).min()
    }

    /// Those that are due, of one collection, at most `limit`.
    pub(super) fn due(&self, limit: usize) -> Vec<AggregateKey> {
        let now = Instant::now();
        let due = self.0.iter().filter(|(_, block)| block.retry_at <= now);
        let mut due: Vec<&AggregateKey> = due.map(|(key, _)| key).collect();
        let collection = due.first().map(|key| key.collection);
        due.retain(|key| Some(key.collection) == collection);
        due.into_iter().take(limit).cloned().collect()
    }

    /// All are due: the bus may permit something else by now.
    pub(super) fn retry_all(&mut self) {
        for block in self.0.values_mut() {
            block.retry_at = Instant::now();
        }
    }

    /// The longest blocked ones, for operators.
    pub(super) fn shown(&self) -> Vec<BlockedAggregate> {
        let shown = self.0.iter().map(|(key, block)| BlockedAggregate {
            aggregate: key.to_string(),
            since: block.since,
            error: block.error.clone(),
        });
        let mut shown: Vec<BlockedAggregate> = shown.collect();
        shown.sort_by(|a, b| (a.since, &a.aggregate).cmp(&(b.since, &b.aggregate)));
        shown.truncate(SHOWN);
        shown
    }
}

/// Doubles with each failure, less up to a quarter at random, so that many are not due at the same moment.
fn delay(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    let delay = FIRST_DELAY.saturating_mul(2_u32.pow(doublings)).min(MAX_DELAY);
    delay.mul_f64(1.0 - rand::random::<f64>() / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: usize) -> AggregateKey {
        AggregateKey {
            collection: "posts",
            id: id.to_string(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_is_due_by_itself_and_ever_more_rarely() {
        let mut blocked = Blocked::default();
        assert_eq!(blocked.block(key(1), "forbidden".to_owned()), Tracking::New);
        assert!(blocked.due(10).is_empty());
        let mut last = Duration::ZERO;
        for _ in 0..20 {
            let wait = blocked.next_retry().unwrap() - Instant::now();
            assert!(wait <= MAX_DELAY && wait >= last.mul_f64(0.75).min(MAX_DELAY.mul_f64(0.75)));
            last = wait;
            tokio::time::advance(wait).await;
            assert_eq!(blocked.due(10), [key(1)]);
            assert_eq!(blocked.block(key(1), "forbidden".to_owned()), Tracking::Known);
        }
        assert!(blocked.unblock(&key(1)));
        assert_eq!((blocked.next_retry(), blocked.unblock(&key(1))), (None, false));
    }

    #[tokio::test]
    async fn the_number_of_tracked_aggregates_is_bounded() {
        let mut blocked = Blocked::default();
        for id in 0..CAPACITY {
            assert_eq!(blocked.block(key(id), String::new()), Tracking::New);
        }
        for _ in 0..2 {
            assert_eq!(blocked.block(key(CAPACITY), String::new()), Tracking::Full);
        }
        assert_eq!(blocked.len(), CAPACITY);
        blocked.retry_all();
        assert_eq!((blocked.due(16).len(), blocked.shown().len()), (16, SHOWN));
    }
}
