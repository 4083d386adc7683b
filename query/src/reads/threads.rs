//! Comments as threads: which are included, in what order, how deep. Pure.
//!
//! A comment without a visible text (deleted or not approved) is a placeholder if it has a visible reply, and is omitted
//! otherwise.

use std::collections::{HashMap, HashSet};

use common::{event::Timestamp, ids::CommentId};

use crate::store::CommentPlace;

/// Levels of replies below a root comment; deeper replies are attached to the last level, in order.
pub const MAX_DEPTH: usize = 8;
/// Replies in one page; a longer thread reports how many are omitted.
pub const MAX_REPLIES: usize = 500;

/// A root comment's place among the roots.
pub type RootKey = (Timestamp, CommentId);

/// A comment with its replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    pub place: CommentPlace,
    pub replies: Vec<Thread>,
    /// Replies at any level that exceed the limit of the page.
    pub omitted: usize,
}

/// All threads of one post.
#[derive(Debug)]
pub struct Forest {
    places: HashMap<CommentId, CommentPlace>,
    children: HashMap<CommentId, Vec<CommentId>>,
    roots: Vec<RootKey>,
}

impl Forest {
    /// Builds the threads of the visible ones of these comments. The others are omitted, unless one of them is above a
    /// visible comment.
    pub fn new(places: impl IntoIterator<Item = CommentPlace>) -> Self {
        let mut places: HashMap<_, _> = places.into_iter().map(|place| (place.id, place)).collect();
        let shown = shown(&places);
        places.retain(|id, _| shown.contains(id));
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

    /// Up to `limit` threads after `after`, oldest first, and whether there are more.
    pub fn page(&self, after: Option<RootKey>, limit: usize) -> (Vec<Thread>, bool) {
        let mut roots = self
            .roots
            .iter()
            .filter(|root| after.is_none_or(|after| **root > after))
            .peekable();
        let (mut page, mut replies) = (Vec::new(), 0);
        while page.len() < limit && replies < MAX_REPLIES {
            let Some((_, id)) = roots.next() else { break };
            // Only the first thread of a page is cut; others that do not fit are left for the next page.
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

    /// All replies below `root`, parents before children, each with the comment that it is attached to.
    fn below(&self, root: CommentId) -> Vec<(CommentId, CommentId)> {
        let mut order = Vec::new();
        let mut seen = HashSet::from([root]);
        let mut stack = vec![(root, 0, root)];
        while let Some((id, depth, parent)) = stack.pop() {
            if id != root {
                order.push((id, parent));
            }
            let parent = if depth < MAX_DEPTH { id } else { parent };
            let replies = self.children.get(&id).into_iter().flatten().rev();
            stack.extend(
                replies
                    .filter(|id| seen.insert(**id))
                    .map(|id| (*id, depth + 1, parent)),
            );
        }
        order
    }

    fn thread(&self, root: CommentId, below: &[(CommentId, CommentId)]) -> Option<Thread> {
        let mut attached: HashMap<CommentId, Vec<CommentId>> = HashMap::new();
        for (id, parent) in below {
            attached.entry(*parent).or_default().push(*id);
        }
        self.build(root, &attached)
    }

    /// The recursion is limited to [`MAX_DEPTH`], since nothing is attached to deeper comments.
    fn build(&self, id: CommentId, attached: &HashMap<CommentId, Vec<CommentId>>) -> Option<Thread> {
        let replies = attached.get(&id).into_iter().flatten();
        Some(Thread {
            place: self.places.get(&id)?.clone(),
            replies: replies.filter_map(|id| self.build(*id, attached)).collect(),
            omitted: 0,
        })
    }
}

/// The visible comments and those above them.
fn shown(places: &HashMap<CommentId, CommentPlace>) -> HashSet<CommentId> {
    let mut shown = HashSet::new();
    for visible in places.values().filter(|place| place.visible) {
        let mut next = Some(visible);
        while let Some(place) = next.filter(|place| shown.insert(place.id)) {
            next = place.parent_id.and_then(|parent| places.get(&parent));
        }
    }
    shown
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
    fn replies_are_attached_to_their_parent_oldest_first() {
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
    fn a_hidden_comment_is_a_placeholder_above_a_visible_one_and_omitted_otherwise() {
        let names = ids::<5>();
        let [hidden, also_hidden, visible, below, alone] = names;
        let forest = Forest::new([
            place(hidden, None, 1, false),
            place(also_hidden, Some(hidden), 2, false),
            place(visible, Some(also_hidden), 3, true),
            place(below, Some(visible), 4, false),
            place(alone, None, 5, false),
        ]);
        let (page, more) = forest.page(None, 10);
        assert_eq!((page.len(), more), (1, false));
        assert_eq!(shape(&page[0], &names), "0[1[2]]");
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
    fn comments_that_reply_to_each_other_end() {
        let [a, b] = ids();
        let forest = Forest::new([place(a, Some(b), 1, true), place(b, Some(a), 2, true)]);
        assert_eq!(forest.page(None, 10), (Vec::new(), false));
    }
}
