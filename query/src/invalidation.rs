//! Which keys changed recently, so that responses loaded before the change of a dependency are known to be stale.
//!
//! Time is counted in changes ([`Epoch`]): a response loaded at an epoch is valid as long as none of its keys changed at
//! a later one. So a response that was being loaded during a change is never taken for current.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use crate::changes::Key;

/// The number of changes so far.
pub type Epoch = u64;

/// With more recent changes than this, everything counts as changed.
const MAX_CHANGES: usize = 50_000;

/// The hash of a key. A collision only makes a response stale too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(u64);

impl From<&Key> for KeyHash {
    fn from(key: &Key) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        Self(hasher.finish())
    }
}

#[derive(Debug)]
pub struct Invalidations {
    recent: RwLock<Recent>,
    /// How long changes are retained: longer than any response.
    retention: Duration,
}

#[derive(Debug, Default)]
struct Recent {
    epoch: Epoch,
    /// When everything changed.
    everything: Epoch,
    latest: HashMap<KeyHash, Epoch>,
    order: VecDeque<(Instant, KeyHash, Epoch)>,
}

impl Invalidations {
    /// For responses that are used for at most `lifetime`.
    pub fn new(lifetime: Duration) -> Self {
        Self {
            recent: RwLock::default(),
            retention: lifetime + Duration::from_secs(5),
        }
    }

    /// The current epoch; read it before a load.
    pub fn epoch(&self) -> Epoch {
        self.recent.read().unwrap_or_else(PoisonError::into_inner).epoch
    }

    /// Records that `keys` have changed.
    pub fn invalidate<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) {
        let at = Instant::now();
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        recent.epoch += 1;
        let epoch = recent.epoch;
        for key in keys {
            if *key == Key::All {
                recent.everything = epoch;
            }
            let hash = KeyHash::from(key);
            recent.latest.insert(hash, epoch);
            recent.order.push_back((at, hash, epoch));
        }
        if recent.order.len() > MAX_CHANGES {
            recent.everything = epoch;
            recent.latest.clear();
            recent.order.clear();
        }
        recent.drop_before(at.checked_sub(self.retention));
    }

    /// Whether none of `keys` changed after `epoch`.
    pub fn none_since(&self, epoch: Epoch, keys: &[KeyHash]) -> bool {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        let is_unchanged = |key| recent.latest.get(key).is_none_or(|latest| *latest <= epoch);
        recent.everything <= epoch && keys.iter().all(is_unchanged)
    }
}

impl Recent {
    fn drop_before(&mut self, horizon: Option<Instant>) {
        let Some(horizon) = horizon else { return };
        while let Some((at, key, epoch)) = self.order.front().copied()
            && at < horizon
        {
            self.order.pop_front();
            if self.latest.get(&key) == Some(&epoch) {
                self.latest.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use common::ids::PostId;

    use super::*;

    #[test]
    fn a_response_loaded_before_a_change_is_stale_after_it() {
        let invalidations = Invalidations::new(Duration::from_secs(10));
        let [a, b] = [Key::Post(PostId::generate()), Key::Post(PostId::generate())];
        let on = |key: &Key| [KeyHash::from(key)];
        let before = invalidations.epoch();
        invalidations.invalidate([&a]);
        assert!(!invalidations.none_since(before, &on(&a)));
        assert!(invalidations.none_since(before, &on(&b)));
        assert!(invalidations.none_since(invalidations.epoch(), &on(&a)));
        invalidations.invalidate([&Key::All]);
        assert!(!invalidations.none_since(before, &on(&b)));
        assert!(invalidations.none_since(invalidations.epoch(), &on(&b)));
    }

    #[test]
    fn the_number_of_retained_changes_is_bounded() {
        let invalidations = Invalidations::new(Duration::from_secs(10));
        let before = invalidations.epoch();
        for _ in 0..=MAX_CHANGES / 100 {
            let keys: Vec<Key> = (0..100).map(|_| Key::Post(PostId::generate())).collect();
            invalidations.invalidate(&keys);
        }
        assert!(invalidations.recent.read().unwrap().order.len() <= MAX_CHANGES);
        assert!(
            !invalidations.none_since(before, &[KeyHash::from(&Key::Posts)]),
            "a dropped change counts as a change of everything"
        );
    }
}
