//! The parts of the read model that a page depends on, as recorded by the calls that provide its content. They decide how
//! long the page may be cached.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::changes::KeyHash;

/// The dependencies of one page; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Dependencies(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    keys: Vec<KeyHash>,
    /// The number of calls, and of those that recorded their dependencies.
    calls: usize,
    recorded: usize,
    /// Whether a response may be outdated.
    stale: bool,
}

impl Dependencies {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call is made.
    pub(super) fn called(&self) {
        self.state().calls += 1;
    }

    /// A response may be outdated.
    pub(super) fn mark_stale(&self) {
        self.state().stale = true;
    }

    /// Records the dependencies of one call's response.
    pub(super) fn record(&self, keys: impl IntoIterator<Item = KeyHash>) {
        let mut state = self.state();
        state.recorded += 1;
        state.keys.extend(keys);
    }

    /// All dependencies of the page; `None` if they are not all known, so that the page cannot be cached.
    pub fn keys(&self) -> Option<Vec<KeyHash>> {
        let mut state = self.state();
        let complete = state.calls == state.recorded && !state.stale;
        complete.then(|| {
            let mut keys = std::mem::take(&mut state.keys);
            keys.sort_unstable();
            keys.dedup();
            keys
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_unknown_dependencies_is_not_cached() {
        let dependencies = Dependencies::default();
        dependencies.called();
        assert_eq!(dependencies.keys(), None, "the call failed or recorded nothing");
        dependencies.record([KeyHash::posts(), KeyHash::tags(), KeyHash::posts()]);
        assert_eq!(dependencies.keys().map(|keys| keys.len()), Some(2));
        dependencies.called();
        assert_eq!(dependencies.keys(), None);

        let dependencies = Dependencies::default();
        dependencies.mark_stale();
        assert_eq!(dependencies.keys(), None);
    }
}
