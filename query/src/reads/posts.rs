//! Posts: lists and single ones.

use common::{
    event::{PostStatus, Timestamp},
    http::Page,
    ids::PostId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Author, Read, Reads, in_time,
    people::{Authors, username_key},
};
use crate::{
    cache::Made,
    error::ReadError,
    model::{Heading, PostCounts, PostDocument},
    notes::Key,
    store::{PostFilter, PostKey, SlugMatch},
};

/// A post in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostSummary {
    pub id: PostId,
    /// What was read: whoever comments on it at once sends `Consistency-Token: post:<id>@<version>`.
    pub version: i64,
    pub slug: Option<String>,
    pub title: String,
    /// The author's own, or the beginning of the text.
    pub summary: String,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    /// Absent when the account is gone or not known yet.
    pub author: Option<Author>,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    pub reading_minutes: u32,
    pub counts: PostCounts,
}

/// A post in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostView {
    #[serde(flatten)]
    pub summary: PostSummary,
    /// The body, rendered and safe to insert.
    pub html: String,
    pub toc: Vec<Heading>,
    pub words: u32,
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
        tag: Option<&str>,
        author: Option<&str>,
        after: Option<PostKey>,
        limit: u32,
    ) -> Read<Page<PostSummary>> {
        in_time(async {
            let live = self.store.live().await?;
            let mut keys = vec![Key::Posts];
            let mut filter = PostFilter { tag, author: None };
            if let Some(username) = author {
                let key = username_key(username);
                let person = live.person_named(&key).await?;
                keys.push(Key::Username(key));
                let Some(person) = person else {
                    return Ok(Made {
                        body: Page {
                            items: Vec::new(),
                            next: None,
                        },
                        keys,
                    });
                };
                keys.push(Key::User(person.id));
                filter.author = Some(person.id);
            }
            let documents = live.posts_page(filter, after, i64::from(limit) + 1).await?;
            let page = Page::of(documents, limit, |last| (last.published_at, last.id));
            for document in &page.items {
                keys.extend([Key::Post(document.id), Key::Counts(document.id)]);
            }
            let authors = page.items.iter().map(|document| document.author_id);
            let authors = Authors::of(&live, authors, &mut keys).await?;
            let body = page.map(|document| summary(&document, &authors));
            Ok(Made { body, keys })
        })
        .await
    }

    /// A published post, by its id or slug.
    pub async fn post(&self, reference: &str) -> Read<PostView> {
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
            let summary = summary(&document, &authors);
            let PostDocument { html, toc, words, .. } = document;
            Ok(Made {
                body: PostView {
                    summary,
                    html,
                    toc,
                    words,
                },
                keys,
            })
        })
        .await
    }
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

fn summary(document: &PostDocument, authors: &Authors) -> PostSummary {
    PostSummary {
        id: document.id,
        version: document.v,
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
