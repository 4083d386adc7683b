//! Events that this relay has published lately.

use std::collections::{HashSet, VecDeque};

use common::ids::EventId;

/// So many are remembered.
const CAPACITY: usize = 1 << 14;

/// The ids of the events published last. One that is found in an outbox all the same, because the clearing is under
/// way or has failed, needs only to be cleared.
#[derive(Debug, Default)]
pub(super) struct Recent {
    ids: HashSet<EventId>,
    order: VecDeque<EventId>,
}

impl Recent {
    pub(super) fn contains(&self, id: &EventId) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn insert(&mut self, id: EventId) {
        if !self.ids.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut recent = Recent::default();
        let ids: Vec<EventId> = (0..CAPACITY + 2).map(|_| EventId::generate()).collect();
        for id in &ids {
            recent.insert(*id);
            recent.insert(*id);
        }
        assert!(!recent.contains(&ids[1]) && recent.contains(&ids[2]));
        assert_eq!(recent.ids.len(), CAPACITY);
    }
}
