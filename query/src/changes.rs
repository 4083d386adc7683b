//! Which keys changed when, for the few seconds that an answer is kept: whoever holds something made before a
//! change of what it depends on knows that it is old.
//!
//! Time is counted in changes (`Epoch`), not seconds: what was loaded at an epoch is good as long as none of its
//! keys changed at a later one. So an answer that was under way during a change is never taken for new.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use crate::notes::Key;

/// Counts changes.
pub type Epoch = u64;

/// More keys than this are remembered as "everything".
const MAX_KEYS: usize = 50_000;

/// A key, hashed: two that meet in one number only make an answer old too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(u64);

impl From<&Key> for KeyHash {
    fn from(key: &Key) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The recent changes.
#[derive(Debug)]
pub struct Changes {
    recent: RwLock<Recent>,
    /// How long a change is remembered: longer than anything is kept.
    memory: Duration,
}

#[derive(Debug, Default)]
struct Recent {
    now: Epoch,
    /// Everything changed then.
    everything: Epoch,
    last: HashMap<KeyHash, Epoch>,
    order: VecDeque<(Instant, KeyHash, Epoch)>,
}

impl Changes {
    /// Remembers changes for those who keep answers for at most `lifetime`.
    pub fn new(lifetime: Duration) -> Self {
        Self {
            recent: RwLock::default(),
            memory: lifetime + Duration::from_secs(5),
        }
    }

    /// The present epoch, to be asked before something is loaded.
    pub fn now(&self) -> Epoch {
        self.recent.read().unwrap_or_else(PoisonError::into_inner).now
    }

    /// `keys` changed just now.
    pub fn mark<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) {
        let at = Instant::now();
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        recent.now += 1;
        let now = recent.now;
        for key in keys {
            if *key == Key::All {
                recent.everything = now;
            }
            let hash = KeyHash::from(key);
            recent.last.insert(hash, now);
            recent.order.push_back((at, hash, now));
        }
        if recent.order.len() > MAX_KEYS {
            recent.everything = now;
            recent.last.clear();
            recent.order.clear();
        }
        recent.forget_before(at.checked_sub(self.memory));
    }

    /// Whether none of `keys` changed after `epoch`.
    pub fn none_since(&self, epoch: Epoch, keys: &[KeyHash]) -> bool {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        recent.everything <= epoch
            && keys
                .iter()
                .all(|key| recent.last.get(key).is_none_or(|last| *last <= epoch))
    }
}

impl Recent {
    fn forget_before(&mut self, horizon: Option<Instant>) {
        let Some(horizon) = horizon else { return };
        while let Some((at, key, epoch)) = self.order.front().copied()
            && at < horizon
        {
            self.order.pop_front();
            if self.last.get(&key) == Some(&epoch) {
                self.last.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use common::ids::PostId;

    use super::*;

    #[test]
    fn what_was_loaded_before_a_change_is_old_after_it() {
        let changes = Changes::new(Duration::from_secs(10));
        let [a, b] = [Key::Post(PostId::generate()), Key::Post(PostId::generate())];
        let on = |key: &Key| [KeyHash::from(key)];
        let before = changes.now();
        changes.mark([&a]);
        assert!(!changes.none_since(before, &on(&a)));
        assert!(changes.none_since(before, &on(&b)));
        assert!(changes.none_since(changes.now(), &on(&a)));
        changes.mark([&Key::All]);
        assert!(!changes.none_since(before, &on(&b)));
        assert!(changes.none_since(changes.now(), &on(&b)));
    }

    #[test]
    fn its_memory_is_bounded() {
        let changes = Changes::new(Duration::from_secs(10));
        let before = changes.now();
        for _ in 0..=MAX_KEYS / 100 {
            let keys: Vec<Key> = (0..100).map(|_| Key::Post(PostId::generate())).collect();
            changes.mark(&keys);
        }
        assert!(changes.recent.read().unwrap().order.len() <= MAX_KEYS);
        assert!(
            !changes.none_since(before, &[KeyHash::from(&Key::Posts)]),
            "forgotten is changed"
        );
    }
}
