//! The comments of a post.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

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

/// The longest chain of hidden ancestors that is looked up; longer ones are cut.
const MAX_ROUNDS: usize = 32;

/// A page of a published post's threads, oldest first.
pub async fn comments(
    live: Arc<Generation>,
    post: PostId,
    after: Option<RootKey>,
    limit: u32,
) -> Read<Page<Comment>> {
    require_published(live.post(post).await?)?;
    let forest = Forest::new(places(&live, post).await?);
    let (threads, more) = forest.page(after, limit as usize);
    let last = threads.last().filter(|_| more);
    let next = last.map(|last| Cursor::encode(&(last.place.created_at, last.place.id)));
    let mut keys = vec![Key::Post(post), Key::Comments(post)];
    let mut contents = Contents::of(&live, &threads, &mut keys).await?;
    let items = threads
        .into_iter()
        .map(|thread| contents.comment(thread))
        .collect();
    Ok(WithDependencies {
        body: Page { items, next },
        keys,
    })
}

/// The visible comments and their ancestors.
async fn places(live: &Generation, post: PostId) -> Result<Vec<CommentPlace>, ReadError> {
    let mut places = live.visible_comments(post).await?;
    let mut requested: HashSet<CommentId> = places.iter().map(|place| place.id).collect();
    for _ in 0..MAX_ROUNDS {
        let parents = places.iter().filter_map(|place| place.parent_id);
        let missing: Vec<String> = parents
            .filter(|id| requested.insert(*id))
            .map(|id| id.to_string())
            .collect();
        if missing.is_empty() {
            break;
        }
        places.extend(live.comment_places(post, missing).await?);
    }
    Ok(places)
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
