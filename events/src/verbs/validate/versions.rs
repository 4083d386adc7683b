//! The tracked state: the last version of each aggregate, and the latest ids.
//!
//! Names are stored as 64-bit hashes. Two of a million names collide once in 37 million runs (`n² / 2⁶⁵`), which would
//! cause only a false finding.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry as Place},
    hash::{BuildHasher, RandomState},
};

/// The most aggregates; a record is 24 bytes, so at most about 100 MB.
pub(super) const MAX_AGGREGATES: usize = 2_000_000;
/// The most ids; about 50 MB. A duplicate at a larger distance is found only if the aggregate's last event had the id.
pub(super) const MAX_IDS: usize = 1_000_000;

/// The relation of an event to earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// The next version, or the first event of its aggregate that is read.
    Next,
    /// The first event of its aggregate in the log, whose version is not 1.
    NotFirst,
    /// Versions after this one are missing.
    Gap(u64),
    /// This later version precedes it.
    Regression(u64),
    /// Another event has its version.
    Conflict,
    /// The same event, republished.
    Republished,
    /// Another event has its id.
    DuplicateId,
    /// There are too many aggregates to track.
    Untracked,
}

/// The last event of an aggregate.
#[derive(Debug, Clone, Copy)]
struct Last {
    version: u64,
    id: u64,
}

/// The tracked events.
#[derive(Debug)]
pub(super) struct Versions {
    hasher: RandomState,
    aggregates: HashMap<u64, Last>,
    /// Id to aggregate and version.
    ids: HashMap<u64, u64>,
    /// The ids in the order of the log.
    order: VecDeque<u64>,
    max_aggregates: usize,
    max_ids: usize,
    from_the_beginning: bool,
}

impl Versions {
    /// No events yet. `from_the_beginning`: the first event read of an aggregate is its first in the log.
    pub(super) fn new(from_the_beginning: bool, max_aggregates: usize, max_ids: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            aggregates: HashMap::new(),
            ids: HashMap::new(),
            order: VecDeque::new(),
            max_aggregates,
            max_ids,
            from_the_beginning,
        }
    }

    /// Tracks an event and returns its relation to earlier ones.
    pub(super) fn see(&mut self, aggregate: (&str, &str), version: u64, id: &str) -> Relation {
        let aggregate = self.hasher.hash_one(aggregate);
        let id = self.hasher.hash_one(id);
        let what = self.hasher.hash_one((aggregate, version));
        let seen = self.remember_id(id, what);
        let last = match self.aggregates.entry(aggregate) {
            Place::Occupied(place) => place.into_mut(),
            Place::Vacant(_) if seen.is_some_and(|before| before != what) => return Relation::DuplicateId,
            Place::Vacant(place) if self.max_aggregates > 0 => {
                self.max_aggregates -= 1;
                place.insert(Last { version, id });
                let is_first = version == 1 || !self.from_the_beginning;
                return if is_first {
                    Relation::Next
                } else {
                    Relation::NotFirst
                };
            }
            Place::Vacant(_) => return Relation::Untracked,
        };
        if seen == Some(what) || (last.version, last.id) == (version, id) {
            return Relation::Republished;
        }
        if seen.is_some() || last.id == id {
            return Relation::DuplicateId;
        }
        let before = last.version;
        if version > before {
            *last = Last { version, id };
        }
        match version {
            version if version == before + 1 => Relation::Next,
            version if version > before => Relation::Gap(before),
            version if version == before => Relation::Conflict,
            _ => Relation::Regression(before),
        }
    }

    /// Records an id, and returns the earlier event with the same id, if there is one.
    fn remember_id(&mut self, id: u64, what: u64) -> Option<u64> {
        match self.ids.entry(id) {
            Place::Occupied(place) => return Some(*place.get()),
            Place::Vacant(place) => place.insert(what),
        };
        self.order.push_back(id);
        if self.order.len() > self.max_ids {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.ids.remove(&oldest));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(versions: &mut Versions, aggregate: &str, version: u64, id: &str) -> Relation {
        versions.see(("post", aggregate), version, id)
    }

    #[test]
    fn relations_to_earlier_events() {
        let mut versions = Versions::new(true, 3, 100);
        for (aggregate, version, id, expected) in [
            ("a", 1, "1", Relation::Next),
            ("a", 2, "2", Relation::Next),
            ("a", 5, "5", Relation::Gap(2)),
            ("a", 3, "3", Relation::Regression(5)),
            ("a", 5, "5", Relation::Republished),
            ("a", 2, "2", Relation::Republished),
            ("a", 5, "x", Relation::Conflict),
            ("a", 6, "1", Relation::DuplicateId),
            ("b", 1, "2", Relation::DuplicateId),
            ("b", 3, "b3", Relation::NotFirst),
            ("c", 1, "c1", Relation::Next),
            ("d", 1, "d1", Relation::Untracked),
        ] {
            assert_eq!(
                see(&mut versions, aggregate, version, id),
                expected,
                "{aggregate} {version} {id}"
            );
        }
    }

    #[test]
    fn memory_is_bounded_and_the_last_event_of_an_aggregate_is_retained() {
        let mut versions = Versions::new(true, 10, 2);
        for version in 1..=100 {
            assert_eq!(
                see(&mut versions, "a", version, &version.to_string()),
                Relation::Next
            );
        }
        for id in 0..10 {
            see(&mut versions, "b", id + 1, &format!("b{id}"));
        }
        assert_eq!(versions.ids.len(), 2);
        assert_eq!(see(&mut versions, "a", 100, "100"), Relation::Republished);
    }
}
