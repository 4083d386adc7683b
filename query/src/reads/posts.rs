//! Posts: lists and single ones.

use std::sync::Arc;

use common::{
    api::{
        Page,
        query::{Neighbour, Post, PostSummary, SitemapEntry},
    },
    event::PostStatus,
    ids::UserId,
};
use runtime::http::page_of;

use super::users::Authors;
use crate::{
    cache::{Read, WithDependencies},
    changes::Key,
    error::ReadError,
    model::{PostDocument, username_key},
    store::{Generation, PostAddress, PostKey, PostSelector, PostTitle, SlugMatch},
};

/// The conditions of a list of posts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostQuery {
    /// A user name in lower case, from which [`PostSelector::authors`] follow.
    pub author: Option<String>,
    /// The beginnings of words, the longest first, from which [`PostSelector::words`] follow.
    pub terms: Option<Vec<String>>,
    pub posts: PostSelector,
}

/// A page of published posts, newest first.
pub async fn posts(
    live: Arc<Generation>,
    query: &PostQuery,
    after: Option<PostKey>,
    limit: u32,
) -> Read<Page<PostSummary>> {
    let mut keys = vec![Key::Posts];
    match resolve(&live, query, &mut keys).await? {
        Some(selector) => page(&live, &selector, after, limit, keys).await,
        None => Ok(empty_page(keys)),
    }
}

/// A page of the posts of the users whom `reader` follows, newest first.
pub async fn following(
    live: Arc<Generation>,
    reader: UserId,
    after: Option<PostKey>,
    limit: u32,
) -> Read<Page<PostSummary>> {
    let selector = PostSelector {
        authors: Some(live.followed(reader).await?),
        ..PostSelector::default()
    };
    let keys = vec![Key::Posts, Key::User(reader)];
    page(&live, &selector, after, limit, keys).await
}

/// A page of the addresses of published posts, newest first.
pub async fn sitemap(
    live: Arc<Generation>,
    query: &PostQuery,
    after: Option<PostKey>,
    limit: u32,
) -> Read<Page<SitemapEntry>> {
    let mut keys = vec![Key::Posts];
    let Some(selector) = resolve(&live, query, &mut keys).await? else {
        return Ok(empty_page(keys));
    };
    let found = live
        .addresses_page(&selector, after, i64::from(limit) + 1)
        .await?;
    let page = page_of(found, limit, |last| (last.published_at, last.id));
    let entry = |PostAddress { slug, updated_at, .. }| SitemapEntry { slug, updated_at };
    Ok(WithDependencies {
        body: page.map(entry),
        keys,
    })
}

/// A published post, by its id or slug.
pub async fn post(live: Arc<Generation>, reference: &str) -> Read<Post> {
    let document = match reference.parse() {
        Ok(id) => live.post(id).await?,
        Err(_not_an_id) => match live.post_by_slug(reference).await? {
            Some(SlugMatch::Former(post)) => {
                let slug = post.slug.ok_or(ReadError::NotFound("post"))?;
                return Err(ReadError::Moved(slug));
            }
            Some(SlugMatch::Current(post)) => Some(*post),
            None => None,
        },
    };
    let document = require_published(document)?;
    let mut keys = vec![Key::Post(document.id), Key::Counts(document.id)];
    let authors = Authors::of(&live, [document.author_id], &mut keys).await?;
    // The neighbours need no keys: whatever their author publishes changes the author's key.
    let place = (document.published_at, document.id);
    let [previous, next] = live.neighbours(document.author_id, place).await?;
    let summary = summary(&document, &authors);
    let PostDocument { html, toc, words, .. } = document;
    Ok(WithDependencies {
        body: Post {
            summary,
            html,
            toc,
            words,
            previous: previous.map(neighbour),
            next: next.map(neighbour),
        },
        keys,
    })
}

/// The selector for `query`, with the id of its author; `None` if it matches nothing.
pub(super) async fn resolve(
    live: &Generation,
    query: &PostQuery,
    keys: &mut Vec<Key>,
) -> Result<Option<PostSelector>, ReadError> {
    let mut selector = query.posts.clone();
    if let Some(terms) = &query.terms {
        // The longest term, usually the rarest, is looked up in the index, and the others are checked on its results.
        let Some((longest, others)) = terms.split_first() else {
            return Ok(None);
        };
        selector.words = Some(live.words_with(longest).await?);
        selector.beginnings = others.to_vec();
    }
    if selector.matches_nothing() {
        return Ok(None);
    }
    if let Some(username) = &query.author {
        let key = username_key(username);
        let author = live.user_by_name(&key).await?;
        keys.push(Key::Username(key));
        let Some(author) = author else { return Ok(None) };
        keys.push(Key::User(author.id));
        selector.authors = Some(vec![author.id]);
    }
    Ok(Some(selector))
}

async fn page(
    live: &Generation,
    selector: &PostSelector,
    after: Option<PostKey>,
    limit: u32,
    mut keys: Vec<Key>,
) -> Read<Page<PostSummary>> {
    let documents = live.posts_page(selector, after, i64::from(limit) + 1).await?;
    let page = page_of(documents, limit, |last| (last.published_at, last.id));
    for document in &page.items {
        keys.extend([Key::Post(document.id), Key::Counts(document.id)]);
    }
    let authors = page.items.iter().map(|document| document.author_id);
    let authors = Authors::of(live, authors, &mut keys).await?;
    Ok(WithDependencies {
        body: page.map(|document| summary(&document, &authors)),
        keys,
    })
}

pub(super) fn empty_page<T>(keys: Vec<Key>) -> WithDependencies<Page<T>> {
    let body = Page {
        items: Vec::new(),
        next: None,
    };
    WithDependencies { body, keys }
}

/// The post if it is public, otherwise the reason why it is not.
pub(super) fn require_published(document: Option<PostDocument>) -> Result<PostDocument, ReadError> {
    let document = document.ok_or(ReadError::NotFound("post"))?;
    match document.status {
        PostStatus::Published => Ok(document),
        PostStatus::Deleted => Err(ReadError::Gone("post")),
        PostStatus::Draft | PostStatus::Unknown => Err(ReadError::NotFound("post")),
    }
}

/// A document's version as the API returns it.
pub(super) fn version(v: i64) -> u64 {
    u64::try_from(v).unwrap_or_default()
}

fn neighbour(post: PostTitle) -> Neighbour {
    Neighbour {
        id: post.id,
        slug: post.slug,
        title: post.title,
        published_at: post.published_at,
    }
}

pub(super) fn summary(document: &PostDocument, authors: &Authors) -> PostSummary {
    PostSummary {
        id: document.id,
        version: version(document.v),
        slug: document.slug.clone(),
        title: document.title.clone(),
        summary: document.summary.clone(),
        tags: tag_names(document).to_vec(),
        cover: document.cover.clone(),
        author: authors.get(document.author_id),
        published_at: document.published_at,
        updated_at: document.updated_at,
        reading_minutes: document.reading_minutes,
        language: document.language.clone(),
        counts: document.counts,
    }
}

/// Documents of older releases, which are shown until the new generation is complete, have only canonical tags.
fn tag_names(document: &PostDocument) -> &[String] {
    if document.tag_names.is_empty() {
        &document.tags
    } else {
        &document.tag_names
    }
}
