//! What a page shows of the read model, as the calls that make it note it: on that depends how long it is good.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::changes::KeyHash;

/// Notes of one request; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Noted(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    keys: Vec<KeyHash>,
    /// Calls that were made, and those of them that noted what their answer depends on.
    calls: usize,
    known: usize,
    /// An answer may have lacked something.
    stale: bool,
}

impl Noted {
    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call is made.
    pub(super) fn called(&self) {
        self.notes().calls += 1;
    }

    /// An answer may lack something.
    pub(super) fn stale(&self) {
        self.notes().stale = true;
    }

    /// What the answer of one call depends on.
    pub(super) fn depends(&self, keys: impl IntoIterator<Item = KeyHash>) {
        let mut notes = self.notes();
        notes.known += 1;
        notes.keys.extend(keys);
    }

    /// All that the page depends on; `None` if that is not known, so that the page cannot be kept.
    pub fn keys(&self) -> Option<Vec<KeyHash>> {
        let mut notes = self.notes();
        let known = notes.calls == notes.known && !notes.stale;
        known.then(|| {
            let mut keys = std::mem::take(&mut notes.keys);
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
    fn a_page_of_unknown_parts_is_not_kept() {
        let noted = Noted::default();
        noted.called();
        assert_eq!(noted.keys(), None, "the call has failed or said nothing");
        noted.depends([KeyHash::posts(), KeyHash::tags(), KeyHash::posts()]);
        assert_eq!(noted.keys().map(|keys| keys.len()), Some(2));
        noted.called();
        assert_eq!(noted.keys(), None);

        let noted = Noted::default();
        noted.stale();
        assert_eq!(noted.keys(), None);
    }
}
