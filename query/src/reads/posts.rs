//! Posts: lists and single ones.

use common::{
    api::{
        Page,
        query::{Neighbour, Post, PostSummary, SitemapEntry},
    },
    event::{PostStatus, Timestamp},
    ids::{PostId, UserId},
};
use runtime::http::page_of;

use super::{
    Read, Reads, in_time,
    people::{Authors, username_key},
};
use crate::{
    cache::Made,
    error::ReadError,
    model::PostDocument,
    notes::Key,
    store::{Generation, PostAddress, PostFilter, PostKey, PostTitle, SlugMatch},
};

/// Which posts a reader asks for: those to which all that is given applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostQuery {
    pub tag: Option<String>,
    /// A user name in lower case.
    pub author: Option<String>,
    /// Words that must begin words of the title or of tags, folded; `None` where no words were asked for.
    pub words: Option<Vec<String>>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub ids: Option<Vec<PostId>>,
}

impl PostQuery {
    /// Whether nothing can match, whatever there is.
    fn is_vain(&self) -> bool {
        let nothing = |words: &Vec<String>| words.is_empty();
        self.words.as_ref().is_some_and(nothing) || self.ids.as_ref().is_some_and(Vec::is_empty)
    }
}

/// A post's address: its id or a slug of it.
#[derive(Debug, Clone)]
enum Reference<'a> {
    Id(PostId),
    Slug(&'a str),
}

impl Reads {
    /// A page of published posts, newest first.
    pub async fn posts(
        &self,
        query: &PostQuery,
        after: Option<PostKey>,
        limit: u32,
    ) -> Read<Page<PostSummary>> {
        in_time(async {
            let live = self.store.live().await?;
            let mut keys = vec![Key::Posts];
            let Some(filter) = filter(&live, query, &mut keys).await? else {
                return Ok(Made { body: empty(), keys });
            };
            let body = page(&live, &filter, after, limit, &mut keys).await?;
            Ok(Made { body, keys })
        })
        .await
    }

    /// A page of the posts of those whom `reader` follows, newest first.
    pub async fn following(
        &self,
        reader: UserId,
        after: Option<PostKey>,
        limit: u32,
    ) -> Read<Page<PostSummary>> {
        in_time(async {
            let live = self.store.live().await?;
            let mut keys = vec![Key::Posts, Key::User(reader)];
            let filter = PostFilter {
                authors: Some(live.followed(reader).await?),
                ..PostFilter::default()
            };
            let body = page(&live, &filter, after, limit, &mut keys).await?;
            Ok(Made { body, keys })
        })
        .await
    }

    /// A page of the addresses of published posts, newest first.
    pub async fn addresses(
        &self,
        query: &PostQuery,
        after: Option<PostKey>,
        limit: u32,
    ) -> Read<Page<SitemapEntry>> {
        in_time(async {
            let live = self.store.live().await?;
            let mut keys = vec![Key::Posts];
            let Some(filter) = filter(&live, query, &mut keys).await? else {
                return Ok(Made { body: empty(), keys });
            };
            let found = live.addresses_page(&filter, after, i64::from(limit) + 1).await?;
            let page = page_of(found, limit, |last| (last.published_at, last.id));
            let entry = |PostAddress { slug, updated_at, .. }| SitemapEntry { slug, updated_at };
            Ok(Made {
                body: page.map(entry),
                keys,
            })
        })
        .await
    }

    /// A published post, by its id or slug.
    pub async fn post(&self, reference: &str) -> Read<Post> {
        in_time(async {
            let live = self.store.live().await?;
            let reference = reference
                .parse()
                .map_or(Reference::Slug(reference), Reference::Id);
            let document = match reference {
                Reference::Id(id) => live.post(id).await?,
                Reference::Slug(slug) => match live.post_by_slug(slug).await? {
                    Some(SlugMatch::Former(post)) => return Err(moved(*post)),
                    Some(SlugMatch::Present(post)) => Some(*post),
                    None => None,
                },
            };
            let document = public(document)?;
            let mut keys = vec![Key::Post(document.id), Key::Counts(document.id)];
            let authors = Authors::of(&live, [document.author_id], &mut keys).await?;
            // Whatever their author publishes shows in the author's key, so these need none of their own.
            let place = (document.published_at, document.id);
            let [previous, next] = live.neighbours(document.author_id, place).await?;
            let summary = summary(&document, &authors);
            let PostDocument { html, toc, words, .. } = document;
            Ok(Made {
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
        })
        .await
    }
}

/// What `query` asks the database; `None` if nothing can match.
pub(super) async fn filter(
    live: &Generation,
    query: &PostQuery,
    keys: &mut Vec<Key>,
) -> Result<Option<PostFilter>, ReadError> {
    if query.is_vain() {
        return Ok(None);
    }
    let mut authors = None;
    if let Some(username) = &query.author {
        let key = username_key(username);
        let person = live.person_named(&key).await?;
        keys.push(Key::Username(key));
        let Some(person) = person else { return Ok(None) };
        keys.push(Key::User(person.id));
        authors = Some(vec![person.id]);
    }
    Ok(Some(PostFilter {
        tag: query.tag.clone(),
        authors,
        terms: query.words.clone().unwrap_or_default(),
        from: query.from,
        to: query.to,
        ids: query.ids.clone(),
    }))
}

async fn page(
    live: &Generation,
    filter: &PostFilter,
    after: Option<PostKey>,
    limit: u32,
    keys: &mut Vec<Key>,
) -> Result<Page<PostSummary>, ReadError> {
    let documents = live.posts_page(filter, after, i64::from(limit) + 1).await?;
    let page = page_of(documents, limit, |last| (last.published_at, last.id));
    for document in &page.items {
        keys.extend([Key::Post(document.id), Key::Counts(document.id)]);
    }
    let authors = page.items.iter().map(|document| document.author_id);
    let authors = Authors::of(live, authors, keys).await?;
    Ok(page.map(|document| summary(&document, &authors)))
}

pub(super) fn empty<T>() -> Page<T> {
    Page {
        items: Vec::new(),
        next: None,
    }
}

fn neighbour(post: PostTitle) -> Neighbour {
    Neighbour {
        id: post.id,
        slug: post.slug,
        title: post.title,
        published_at: post.published_at,
    }
}

/// A document's version as the API shows it.
pub(super) fn version(v: i64) -> u64 {
    u64::try_from(v).unwrap_or_default()
}

/// The post if everyone may see it, else why not.
pub(super) fn public(document: Option<PostDocument>) -> Result<PostDocument, ReadError> {
    let document = document.ok_or(ReadError::NotFound("post"))?;
    match document.status {
        PostStatus::Published => Ok(document),
        PostStatus::Deleted => Err(ReadError::Gone("post")),
        PostStatus::Draft | PostStatus::Unknown => Err(ReadError::NotFound("post")),
    }
}

fn moved(document: PostDocument) -> ReadError {
    document
        .slug
        .map_or(ReadError::NotFound("post"), ReadError::Moved)
}

pub(super) fn summary(document: &PostDocument, authors: &Authors) -> PostSummary {
    PostSummary {
        id: document.id,
        version: version(document.v),
        slug: document.slug.clone(),
        title: document.title.clone(),
        summary: document.summary.clone(),
        tags: document.tags.clone(),
        cover: document.cover.clone(),
        author: authors.get(document.author_id),
        published_at: document.published_at,
        updated_at: document.updated_at,
        reading_minutes: document.reading_minutes,
        counts: document.counts,
    }
}
