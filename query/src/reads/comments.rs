//! The comments of a post.

use std::{collections::HashMap, sync::Arc};

use common::{
    api::{Page, query::Comment},
    ids::{CommentId, PostId},
};
use runtime::http::Cursor;

use super::{
    posts::{require_published, version},
    threads::{Forest, RootKey, Thread},
    users::Authors,
};
use crate::{
    cache::{Read, WithDependencies},
    changes::Key,
    error::ReadError,
    store::{CommentPlace, CommentText, Generation},
};

/// The most replies that are read for one page, and the most levels of them.
const MAX_READ: usize = 2_000;
const MAX_LEVELS: usize = 100;
/// How often a page is read again from a later place because the threads so far are hidden.
const MAX_ROUNDS: usize = 5;

/// A page of a published post's threads, oldest first.
pub async fn comments(
    live: Arc<Generation>,
    post: PostId,
    mut after: Option<RootKey>,
    limit: u32,
) -> Read<Page<Comment>> {
    require_published(live.post(post).await?)?;
    let mut page = (Vec::new(), None);
    for _ in 0..MAX_ROUNDS {
        page = threads(&live, post, after, limit as usize).await?;
        after = page.1;
        if !page.0.is_empty() || after.is_none() {
            break;
        }
    }
    let (threads, next) = page;
    let mut keys = vec![Key::Post(post), Key::Comments(post)];
    let mut contents = Contents::of(&live, &threads, &mut keys).await?;
    let items = threads.into_iter().map(|thread| contents.comment(thread));
    let items = items.collect();
    let next = next.map(|next| Cursor::encode(&next));
    Ok(WithDependencies {
        body: Page { items, next },
        keys,
    })
}

/// Up to `limit` threads after `after`, and where the next ones begin. All of them may be hidden.
async fn threads(
    live: &Generation,
    post: PostId,
    after: Option<RootKey>,
    limit: usize,
) -> Result<(Vec<Thread>, Option<RootKey>), ReadError> {
    let wanted = limit + 1;
    let mut roots = live.root_comments(post, after, signed(wanted)).await?;
    let mut has_more = roots.len() == wanted;
    let replies = loop {
        let (replies, is_complete) = replies(live, post, &roots).await?;
        if is_complete || roots.len() <= 1 {
            break replies;
        }
        // The replies to the first ones must not displace those to the others.
        roots.truncate(roots.len() / 2);
        has_more = true;
    };
    let last = roots.last().map(|place| (place.created_at, place.id));
    let forest = Forest::new(roots.into_iter().chain(replies));
    let (threads, is_cut) = forest.page(None, limit);
    let end = threads
        .last()
        .map(|thread| (thread.place.created_at, thread.place.id));
    let next = if is_cut { end } else { last.filter(|_| has_more) };
    Ok((threads, next))
}

/// The replies below `roots`, at most [`MAX_READ`], and whether these are all.
async fn replies(
    live: &Generation,
    post: PostId,
    roots: &[CommentPlace],
) -> Result<(Vec<CommentPlace>, bool), ReadError> {
    let ids = |places: &[CommentPlace]| places.iter().map(|place| place.id.to_string()).collect();
    let mut parents: Vec<String> = ids(roots);
    let mut found = Vec::new();
    for _ in 0..MAX_LEVELS {
        if parents.is_empty() {
            return Ok((found, true));
        }
        let left = MAX_READ - found.len();
        let level = live.replies(post, parents, signed(left + 1)).await?;
        if level.len() > left {
            found.extend(level.into_iter().take(left));
            return Ok((found, false));
        }
        parents = ids(&level);
        found.extend(level);
    }
    Ok((found, true))
}

fn signed(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The texts and authors of one page.
struct Contents {
    texts: HashMap<CommentId, CommentText>,
    authors: Authors,
}

impl Contents {
    async fn of(live: &Generation, threads: &[Thread], keys: &mut Vec<Key>) -> Result<Self, ReadError> {
        let mut ids = Vec::new();
        let mut rest: Vec<&Thread> = threads.iter().collect();
        while let Some(thread) = rest.pop() {
            if thread.place.visible {
                ids.push(thread.place.id.to_string());
            }
            rest.extend(&thread.replies);
        }
        let texts = live.comment_texts(ids).await?;
        let authors = Authors::of(live, texts.iter().filter_map(|text| text.author_id), keys).await?;
        let texts = texts.into_iter().map(|text| (text.id, text)).collect();
        Ok(Self { texts, authors })
    }

    fn comment(&mut self, thread: Thread) -> Comment {
        let Thread {
            place,
            replies,
            omitted,
        } = thread;
        let replies = replies.into_iter().map(|reply| self.comment(reply)).collect();
        // A comment that was hidden between the two queries is a placeholder, too.
        let text = self.texts.remove(&place.id);
        Comment {
            id: place.id,
            parent_id: place.parent_id,
            version: text.as_ref().map(|text| version(text.v)),
            deleted: text.is_none(),
            created_at: text.as_ref().map(|_| place.created_at),
            author: text.as_ref().and_then(|text| self.authors.get(text.author_id?)),
            edited_at: text.as_ref().and_then(|text| text.edited_at),
            html: text.map(|text| text.html),
            replies,
            replies_omitted: omitted,
        }
    }
}
