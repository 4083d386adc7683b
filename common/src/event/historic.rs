//! The states of versions that are no longer written, each with its conversion into the present one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PostContent, PostState, PostStatus, Timestamp};
use crate::ids::{PostId, UserId};

/// The public state of a blog post, before posts had a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostStateV1 {
    /// The post's id.
    pub id: PostId,
    /// The author.
    pub author_id: UserId,
    /// The post's status.
    pub status: PostStatus,
    /// The post's part of its URL, since its first publication.
    pub slug: Option<String>,
    /// Previous slugs, which redirect to the current one; oldest first.
    #[serde(default)]
    pub former_slugs: Vec<String>,
    /// Present only while the post is published.
    pub content: Option<PostContentV1>,
    /// When the first draft was saved.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
}

/// The content of a published post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostContentV1 {
    /// 1 to 200 characters.
    pub title: String,
    /// Markdown (CommonMark with GitHub's tables, task lists, strikethrough and footnotes), at most 256 KiB.
    pub body: String,
    /// The author's own summary, at most 500 characters.
    pub summary: Option<String>,
    /// Normalised tags, at most 10.
    #[serde(default)]
    pub tags: Vec<String>,
    /// URL of a cover image: https, or a path of this site.
    pub cover: Option<String>,
}

impl From<PostStateV1> for PostState {
    fn from(old: PostStateV1) -> Self {
        Self {
            id: old.id,
            author_id: old.author_id,
            status: old.status,
            slug: old.slug,
            former_slugs: old.former_slugs,
            content: old.content.map(PostContent::from),
            created_at: old.created_at,
            updated_at: old.updated_at,
            published_at: old.published_at,
        }
    }
}

impl From<PostContentV1> for PostContent {
    fn from(old: PostContentV1) -> Self {
        Self {
            title: old.title,
            body: old.body,
            summary: old.summary,
            // A normalised tag is its own canonical form.
            tags: old.tags,
            cover: old.cover,
            language: None,
        }
    }
}
