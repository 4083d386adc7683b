//! The changes of the read model, counted in the order in which they are received.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use common::ids::{PostId, UserId};

/// The maximum number of recorded keys. When it is exceeded, all are dropped, which counts as a change of everything.
const MAX_KEYS: usize = 20_000;
/// For this long after a change, another replica of the read side may return the previous state.
const SETTLING_TIME: Duration = Duration::from_millis(300);

/// The hash of a part of the read model: `post:<id>`, `user:<id>`, `posts` or `tags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(u64);

impl KeyHash {
    /// Of a key in the live stream.
    pub fn of(key: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        Self(hasher.finish())
    }

    pub fn posts() -> Self {
        Self::of("posts")
    }

    pub fn tags() -> Self {
        Self::of("tags")
    }

    pub fn post(id: PostId) -> Self {
        Self::of(&format!("post:{id}"))
    }

    pub fn user(id: UserId) -> Self {
        Self::of(&format!("user:{id}"))
    }
}

/// The received changes.
#[derive(Debug, Default)]
pub struct Changes {
    /// The number of changes; 0 while changes are not received.
    now: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    count: u64,
    /// The latest change of each key: its count and time.
    changed: HashMap<KeyHash, (u64, Instant)>,
    /// Changes before this count are unknown.
    known_from: u64,
}

impl Changes {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current count; `None` while changes are not received.
    pub fn now(&self) -> Option<u64> {
        Some(self.now.load(Ordering::Acquire)).filter(|now| *now > 0)
    }

    /// From now on all changes are received; earlier ones are unknown.
    pub fn connected(&self) {
        let mut state = self.state();
        state.count += 1;
        state.known_from = state.count;
        state.changed.clear();
        self.now.store(state.count, Ordering::Release);
    }

    /// Changes are no longer received.
    pub fn disconnected(&self) {
        self.now.store(0, Ordering::Release);
    }

    /// `key` changed at the time `at`.
    pub fn record(&self, key: KeyHash, at: Instant) {
        let mut state = self.state();
        if state.changed.len() >= MAX_KEYS && !state.changed.contains_key(&key) {
            drop(state);
            return self.connected();
        }
        state.count += 1;
        let count = state.count;
        state.changed.insert(key, (count, at));
        self.now.store(count, Ordering::Release);
    }

    /// Whether none of `keys` changed since the count `since`.
    pub fn unchanged_since(&self, since: u64, keys: &[KeyHash]) -> bool {
        let state = self.state();
        let unchanged = |key: &KeyHash| state.changed.get(key).is_none_or(|(count, _)| *count <= since);
        since >= state.known_from && keys.iter().all(unchanged)
    }

    /// Whether what was read since the count `since` is current: none of `keys` changed since then or shortly before,
    /// at the time `now`.
    pub fn settled(&self, since: u64, keys: &[KeyHash], now: Instant) -> bool {
        let state = self.state();
        let settled = |key: &KeyHash| {
            let changed = state.changed.get(key);
            changed.is_none_or(|(count, at)| *count <= since && now.duration_since(*at) >= SETTLING_TIME)
        };
        self.now().is_some() && since >= state.known_from && keys.iter().all(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_of_the_given_keys_matter() {
        let changes = Changes::default();
        assert_eq!(changes.now(), None, "not connected yet");
        changes.connected();
        let started = changes.now().unwrap();
        let (posts, tags) = ([KeyHash::posts()], [KeyHash::tags()]);
        let at = Instant::now();
        assert!(changes.unchanged_since(started, &posts) && changes.settled(started, &posts, at));
        changes.record(KeyHash::tags(), at);
        assert!(changes.unchanged_since(started, &posts));
        assert!(!changes.unchanged_since(started, &tags));
        let after = changes.now().unwrap();
        assert!(changes.unchanged_since(after, &tags));
        let early = at + SETTLING_TIME - Duration::from_millis(1);
        assert!(
            !changes.settled(after, &tags, early),
            "another replica may not have the change yet"
        );
        assert!(changes.settled(after, &tags, at + SETTLING_TIME));
    }

    #[test]
    fn changes_before_a_reconnection_are_unknown() {
        let changes = Changes::default();
        changes.connected();
        let before = changes.now().unwrap();
        changes.disconnected();
        assert!(!changes.settled(before, &[], Instant::now()));
        changes.connected();
        assert!(!changes.unchanged_since(before, &[]));
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let changes = Changes::default();
        changes.connected();
        let before = changes.now().unwrap();
        for number in 0..=MAX_KEYS {
            changes.record(KeyHash::of(&format!("post:{number}")), Instant::now());
        }
        assert!(changes.state().changed.len() <= MAX_KEYS);
        assert!(
            !changes.unchanged_since(before, &[]),
            "any key may be among the dropped ones"
        );
    }
}
