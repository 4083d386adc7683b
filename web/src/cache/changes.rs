//! Which parts of the read model have changed, and when, counted in changes.

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

/// More changed parts than this are forgotten together, which counts as a change of everything.
const MAX_CHANGED: usize = 20_000;
/// For so long after a change another replica of the read side may still answer what was before.
const SETTLING: Duration = Duration::from_millis(300);

/// A part of the read model: `post:<id>`, `user:<id>`, `posts`, `tags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(u64);

impl KeyHash {
    /// Of its name, as the live stream has it.
    pub fn named(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self(hasher.finish())
    }

    pub fn posts() -> Self {
        Self::named("posts")
    }

    pub fn tags() -> Self {
        Self::named("tags")
    }

    pub fn post(id: PostId) -> Self {
        Self::named(&format!("post:{id}"))
    }

    pub fn user(id: UserId) -> Self {
        Self::named(&format!("user:{id}"))
    }
}

/// The changes that were heard of.
#[derive(Debug, Default)]
pub struct Changes {
    /// How many there were; 0 while nobody listens.
    now: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    count: u64,
    changed: HashMap<KeyHash, (u64, Instant)>,
    /// Before this count nothing is known.
    floor: u64,
}

impl Changes {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present count, or `None` while changes are not heard of.
    pub fn now(&self) -> Option<u64> {
        Some(self.now.load(Ordering::Acquire)).filter(|now| *now > 0)
    }

    /// From here on changes are heard of. What was before is not known.
    pub fn begin(&self) {
        let mut state = self.state();
        state.count += 1;
        state.floor = state.count;
        state.changed.clear();
        self.now.store(state.count, Ordering::Release);
    }

    /// Changes are not heard of any more.
    pub fn end(&self) {
        self.now.store(0, Ordering::Release);
    }

    /// A part has changed.
    pub fn mark(&self, key: KeyHash) {
        let mut state = self.state();
        if state.changed.len() >= MAX_CHANGED && !state.changed.contains_key(&key) {
            drop(state);
            return self.begin();
        }
        state.count += 1;
        let count = state.count;
        state.changed.insert(key, (count, Instant::now()));
        self.now.store(count, Ordering::Release);
    }

    /// Whether nothing of `keys` has changed since `since`.
    pub fn none_since(&self, since: u64, keys: &[KeyHash]) -> bool {
        let state = self.state();
        let unchanged = |key: &KeyHash| state.changed.get(key).is_none_or(|(count, _)| *count <= since);
        since >= state.floor && keys.iter().all(unchanged)
    }

    /// Whether what was read since `since` can be relied upon: nothing of `keys` has changed since then or shortly
    /// before.
    pub fn settled(&self, since: u64, keys: &[KeyHash]) -> bool {
        let state = self.state();
        let settled = |key: &KeyHash| {
            let changed = state.changed.get(key);
            changed.is_none_or(|(count, at)| *count <= since && at.elapsed() >= SETTLING)
        };
        self.now().is_some() && since >= state.floor && keys.iter().all(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_shown_matters() {
        let changes = Changes::default();
        assert_eq!(changes.now(), None, "nobody listens yet");
        changes.begin();
        let began = changes.now().unwrap();
        let (posts, tags) = ([KeyHash::posts()], [KeyHash::tags()]);
        assert!(changes.none_since(began, &posts) && changes.settled(began, &posts));
        changes.mark(KeyHash::tags());
        assert!(changes.none_since(began, &posts));
        assert!(!changes.none_since(began, &tags));
        let after = changes.now().unwrap();
        assert!(changes.none_since(after, &tags));
        assert!(!changes.settled(after, &tags), "another replica may not know yet");
    }

    #[test]
    fn what_was_before_a_pause_is_not_known() {
        let changes = Changes::default();
        changes.begin();
        let before = changes.now().unwrap();
        changes.end();
        assert!(!changes.settled(before, &[]));
        changes.begin();
        assert!(!changes.none_since(before, &[]));
    }

    #[test]
    fn it_does_not_grow_without_bound() {
        let changes = Changes::default();
        changes.begin();
        let before = changes.now().unwrap();
        for number in 0..=MAX_CHANGED {
            changes.mark(KeyHash::named(&format!("post:{number}")));
        }
        assert!(changes.state().changed.len() <= MAX_CHANGED);
        assert!(
            !changes.none_since(before, &[]),
            "what was forgotten may have been it"
        );
    }
}
