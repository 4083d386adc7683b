//! The posts API, `/api/posts`: authors write, publish, schedule and delete their posts; users react to posts.

use serde::{Deserialize, Serialize};

use super::patch::{not_null, nullable};
use crate::{
    event::{Outcome, ReactionKind, Timestamp},
    ids::{PostId, UserId},
};

/// The visibility that an author requests for a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Visible to its author only.
    #[default]
    Draft,
    /// Visible to everyone.
    Published,
}

/// The list in which an author finds a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PostList {
    /// Drafts without a publication time.
    #[default]
    Draft,
    /// Drafts that are published automatically at `publish_at`.
    Scheduled,
    /// Published posts.
    Published,
}

impl PostList {
    /// All lists, in the order of a post's life.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Scheduled, Self::Published];

    /// The list's name in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Published => "published",
        }
    }
}

/// A new post.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct CreatePostRequest {
    /// 1 to 200 characters
    #[cfg_attr(
        feature = "openapi",
        schema(example = "Hello", min_length = 1, max_length = 200)
    )]
    pub title: String,
    /// Markdown, at most 256 KiB; may be empty in a draft that is not scheduled
    #[cfg_attr(feature = "openapi", schema(max_length = 262_144))]
    pub body: String,
    /// At most 500 characters
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub summary: Option<String>,
    /// At most 10, each with 1 to 32 letters, digits, spaces and hyphens
    #[serde(default)]
    pub tags: Vec<String>,
    /// An https URL or an absolute path on this site, at most 2048 bytes
    #[cfg_attr(feature = "openapi", schema(max_length = 2048))]
    pub cover: Option<String>,
    /// Whether to publish the post at once
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(inline))]
    pub status: Visibility,
    /// When to publish the draft automatically; in the future, at most five years ahead
    pub publish_at: Option<Timestamp>,
}

/// Changes to a post. Absent fields stay unchanged; `null` removes a summary, a cover or a scheduled publication.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct UpdatePostRequest {
    /// 1 to 200 characters. A published post also gets a new slug; the old slug redirects to it
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required = false, min_length = 1, max_length = 200)
    )]
    pub title: Option<String>,
    /// Markdown, at most 256 KiB
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false, max_length = 262_144))]
    pub body: Option<String>,
    /// At most 500 characters
    #[serde(
        default,
        deserialize_with = "nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 500))]
    pub summary: Option<Option<String>>,
    /// The complete new list of tags, at most 10
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, required = false))]
    pub tags: Option<Vec<String>>,
    /// An https URL or an absolute path on this site, at most 2048 bytes
    #[serde(
        default,
        deserialize_with = "nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 2048))]
    pub cover: Option<Option<String>>,
    /// `published` publishes the post, `draft` unpublishes it
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Visibility, required = false, inline))]
    pub status: Option<Visibility>,
    /// When to publish the draft automatically; in the future, at most five years ahead
    #[serde(
        default,
        deserialize_with = "nullable",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    pub publish_at: Option<Option<Timestamp>>,
}

/// What moderation decided about the current text of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PostModeration {
    /// The decision
    pub status: Outcome,
    /// The reason as a code, such as `banned_phrase` or `spam`
    pub reason: Option<String>,
    /// A moderator's note to the author
    pub note: Option<String>,
}

/// A post with its source, visible to its author only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PostSource {
    /// The post
    pub id: PostId,
    /// Its author
    pub author_id: UserId,
    /// The same as in `ETag`; send it in `If-Match`
    pub version: u64,
    /// The list that holds the post; `null` once it is deleted
    #[cfg_attr(feature = "openapi", schema(inline))]
    pub status: Option<PostList>,
    /// The last part of its address, from the first publication on
    pub slug: Option<String>,
    /// Former slugs, which redirect to the current one; oldest first
    #[serde(default)]
    pub former_slugs: Vec<String>,
    /// The title
    pub title: String,
    /// Markdown
    pub body: String,
    /// The summary
    pub summary: Option<String>,
    /// The tags
    pub tags: Vec<String>,
    /// The address of the cover picture
    pub cover: Option<String>,
    /// When the draft is published automatically
    pub publish_at: Option<Timestamp>,
    /// When the post was created
    pub created_at: Timestamp,
    /// When the post was last changed
    pub updated_at: Timestamp,
    /// When the post was first published
    pub published_at: Option<Timestamp>,
    /// What moderation decided about this text, if it was moderated
    pub moderation: Option<PostModeration>,
}

/// A post in a list, without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PostSummary {
    /// The post
    pub id: PostId,
    /// Send it in `If-Match`
    pub version: u64,
    /// The list that holds the post; `null` once it is deleted
    #[cfg_attr(feature = "openapi", schema(inline))]
    pub status: Option<PostList>,
    /// The last part of its address, from the first publication on
    pub slug: Option<String>,
    /// The title
    pub title: String,
    /// The summary
    pub summary: Option<String>,
    /// The tags
    pub tags: Vec<String>,
    /// The address of the cover picture
    pub cover: Option<String>,
    /// When the draft is published automatically
    pub publish_at: Option<Timestamp>,
    /// When the post was created
    pub created_at: Timestamp,
    /// When the post was last changed
    pub updated_at: Timestamp,
    /// When the post was first published
    pub published_at: Option<Timestamp>,
    /// What moderation decided about the current text, if it was moderated
    pub moderation: Option<PostModeration>,
}

/// A filter of the author's own posts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct OwnPostsParams {
    /// Only posts in this list; `draft` excludes scheduled posts
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub status: Option<PostList>,
    /// Only the post with this current or former slug
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
}

/// A current or former text of a post, without the text itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevisionEntry {
    /// The version of the post that introduced the text
    pub version: u64,
    /// When the text was written
    pub created_at: Timestamp,
    /// The title
    pub title: String,
    /// Length of the body in bytes
    pub bytes: u64,
}

/// A current or former text of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevisionText {
    /// The version of the post that introduced the text
    pub version: u64,
    /// When the text was written
    pub created_at: Timestamp,
    /// The title
    pub title: String,
    /// Markdown
    pub body: String,
    /// The summary
    pub summary: Option<String>,
}

/// A kind of reaction that a client can choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReactionChoice {
    /// A like.
    #[default]
    Like,
}

impl From<ReactionChoice> for ReactionKind {
    fn from(choice: ReactionChoice) -> Self {
        match choice {
            ReactionChoice::Like => Self::Like,
        }
    }
}

/// The reaction to add; without a body it is `like`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct ReactRequest {
    /// The kind of reaction
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(inline))]
    pub kind: ReactionChoice,
}

/// The user's own reaction to a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReactionResponse {
    /// The post
    pub post_id: PostId,
    /// The user who reacted
    pub user_id: UserId,
    /// The kind of reaction
    pub kind: ReactionKind,
    /// `false` after the reaction was removed
    pub active: bool,
    /// When the reaction was last added or removed
    pub changed_at: Timestamp,
}
