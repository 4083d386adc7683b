//! Comments as threads: which are shown, in what order, how deep. Pure.
//!
//! A comment without a visible text (deleted, not approved, or not here yet) is shown as a placeholder as long as
//! something visible answers it, and not at all otherwise.

use std::collections::{BTreeMap, HashMap, HashSet};

use common::{event::Timestamp, ids::CommentId};

use crate::store::CommentPlace;

/// Levels of replies below a root comment; those deeper hang on the last level, in order.
pub const MAX_DEPTH: usize = 8;
/// Replies in one page; a thread that has more says how many are left out.
pub const MAX_REPLIES: usize = 500;

/// A root comment's place among the roots.
pub type RootKey = (Timestamp, CommentId);

/// A comment with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    pub place: CommentPlace,
    pub replies: Vec<Thread>,
    /// Replies anywhere below that did not fit the page.
    pub omitted: usize,
}

/// All comments of one post by their places.
#[derive(Debug)]
pub struct Forest {
    places: HashMap<CommentId, CommentPlace>,
    children: HashMap<CommentId, Vec<CommentId>>,
    roots: Vec<RootKey>,
}

impl Forest {
    /// Of the visible comments and whatever is known of their ancestors.
    pub fn new(places: impl IntoIterator<Item = CommentPlace>) -> Self {
        let mut places: HashMap<_, _> = places.into_iter().map(|place| (place.id, place)).collect();
        for (id, created_at) in missing_parents(&places) {
            places.insert(
                id,
                CommentPlace {
                    id,
                    parent_id: None,
                    created_at,
                    visible: false,
                },
            );
        }
        let mut sorted: Vec<RootKey> = places
            .values()
            .map(|place| (place.created_at, place.id))
            .collect();
        sorted.sort_unstable();
        let mut children: HashMap<CommentId, Vec<CommentId>> = HashMap::new();
        let mut roots = Vec::new();
        for (created_at, id) in sorted {
            match places.get(&id).and_then(|place| place.parent_id) {
                Some(parent) => children.entry(parent).or_default().push(id),
                None => roots.push((created_at, id)),
            }
        }
        Self {
            places,
            children,
            roots,
        }
    }

    /// Up to `limit` threads behind `after`, oldest first, and whether more follow.
    pub fn page(&self, after: Option<RootKey>, limit: usize) -> (Vec<Thread>, bool) {
        let mut roots = self
            .roots
            .iter()
            .filter(|root| after.is_none_or(|after| **root > after))
            .peekable();
        let (mut page, mut replies) = (Vec::new(), 0);
        while page.len() < limit && replies < MAX_REPLIES {
            let Some((_, id)) = roots.next() else { break };
            // The first thread may be cut; one that does not fit behind others waits for the next page.
            let below = self.below(*id);
            if !page.is_empty() && replies + below.len() > MAX_REPLIES {
                return (page, true);
            }
            let kept = below.len().min(MAX_REPLIES);
            replies += kept;
            let omitted = below.len() - kept;
            page.extend(
                self.thread(*id, &below[..kept])
                    .map(|thread| Thread { omitted, ..thread }),
            );
        }
        (page, roots.peek().is_some())
    }

    /// Everything below `root`, parents before children, with the comment it hangs on in the page.
    fn below(&self, root: CommentId) -> Vec<(CommentId, CommentId)> {
        let mut order = Vec::new();
        let mut seen = HashSet::from([root]);
        let mut stack = vec![(root, 0, root)];
        while let Some((id, depth, hook)) = stack.pop() {
            if id != root {
                order.push((id, hook));
            }
            let hook = if depth < MAX_DEPTH { id } else { hook };
            let answers = self.children.get(&id).into_iter().flatten().rev();
            stack.extend(
                answers
                    .filter(|id| seen.insert(**id))
                    .map(|id| (*id, depth + 1, hook)),
            );
        }
        order
    }

    fn thread(&self, root: CommentId, below: &[(CommentId, CommentId)]) -> Option<Thread> {
        let mut hanging: HashMap<CommentId, Vec<CommentId>> = HashMap::new();
        for (id, hook) in below {
            hanging.entry(*hook).or_default().push(*id);
        }
        self.built(root, &hanging)
    }

    /// Recursion ends at [`MAX_DEPTH`], since nothing hangs on deeper ones.
    fn built(&self, id: CommentId, hanging: &HashMap<CommentId, Vec<CommentId>>) -> Option<Thread> {
        let replies = hanging.get(&id).into_iter().flatten();
        Some(Thread {
            place: self.places.get(&id)?.clone(),
            replies: replies.filter_map(|id| self.built(*id, hanging)).collect(),
            omitted: 0,
        })
    }
}

/// Parents that nobody knows, each as old as its oldest child.
fn missing_parents(places: &HashMap<CommentId, CommentPlace>) -> BTreeMap<CommentId, Timestamp> {
    let mut missing = BTreeMap::new();
    for place in places.values() {
        if let Some(parent) = place.parent_id.filter(|parent| !places.contains_key(parent)) {
            let created_at = missing.entry(parent).or_insert(place.created_at);
            *created_at = place.created_at.min(*created_at);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: CommentId, parent_id: Option<CommentId>, second: i64, visible: bool) -> CommentPlace {
        let created_at = Timestamp::from_millis(second * 1000).unwrap();
        CommentPlace {
            id,
            parent_id,
            created_at,
            visible,
        }
    }

    fn ids<const N: usize>() -> [CommentId; N] {
        std::array::from_fn(|_| CommentId::generate())
    }

    /// `root[a[b],c]` with numbers by position in `names`.
    fn shape(thread: &Thread, names: &[CommentId]) -> String {
        let name = names
            .iter()
            .position(|id| *id == thread.place.id)
            .unwrap()
            .to_string();
        let replies: Vec<String> = thread.replies.iter().map(|reply| shape(reply, names)).collect();
        if replies.is_empty() {
            name
        } else {
            format!("{name}[{}]", replies.join(","))
        }
    }

    #[test]
    fn replies_hang_below_what_they_answer_oldest_first() {
        let names = ids::<5>();
        let [a, b, c, d, e] = names;
        let forest = Forest::new([
            place(e, Some(a), 9, true),
            place(c, Some(b), 5, true),
            place(b, Some(a), 2, true),
            place(d, None, 1, true),
            place(a, None, 0, true),
        ]);
        let (page, more) = forest.page(None, 10);
        let shapes: Vec<String> = page.iter().map(|thread| shape(thread, &names)).collect();
        assert_eq!(
            (shapes, more),
            (vec!["0[1[2],4]".to_owned(), "3".to_owned()], false)
        );
    }

    #[test]
    fn an_unknown_parent_is_a_placeholder_in_the_place_of_its_first_reply() {
        let [unknown, first, second, later] = ids();
        let forest = Forest::new([
            place(second, Some(unknown), 3, true),
            place(first, Some(unknown), 2, true),
            place(later, None, 4, true),
        ]);
        let (page, _) = forest.page(None, 10);
        assert_eq!(page[0].place, place(unknown, None, 2, false));
        assert_eq!(page[0].replies.len(), 2);
        assert_eq!(page[1].place.id, later);
    }

    #[test]
    fn pages_neither_skip_nor_repeat() {
        let roots: Vec<CommentPlace> = (0..10)
            .map(|second| place(CommentId::generate(), None, second / 2, true))
            .collect();
        let forest = Forest::new(roots.clone());
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (page, more) = forest.page(after, 3);
            let last = page.last().unwrap().place.clone();
            after = Some((last.created_at, last.id));
            seen.extend(page.into_iter().map(|thread| thread.place.id));
            if !more {
                break;
            }
        }
        assert_eq!(seen.len(), 10);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 10);
    }

    #[test]
    fn a_long_chain_is_flattened_and_a_huge_thread_is_cut() {
        let count = 5_000;
        let chain: Vec<CommentId> = (0..count).map(|_| CommentId::generate()).collect();
        let places = chain.iter().enumerate().map(|(index, id)| {
            let parent = index.checked_sub(1).map(|index| chain[index]);
            place(*id, parent, i64::try_from(index).unwrap(), true)
        });
        let forest = Forest::new(places);
        let (page, _) = forest.page(None, 10);
        let mut depth = 0;
        let mut thread = &page[0];
        while let Some(reply) = thread.replies.first() {
            (thread, depth) = (reply, depth + 1);
        }
        assert_eq!(depth, MAX_DEPTH);
        assert_eq!(page[0].omitted, count - 1 - MAX_REPLIES);
    }

    #[test]
    fn comments_that_answer_each_other_hang_nobody() {
        let [a, b] = ids();
        let forest = Forest::new([place(a, Some(b), 1, true), place(b, Some(a), 2, true)]);
        assert_eq!(forest.page(None, 10), (Vec::new(), false));
    }
}
