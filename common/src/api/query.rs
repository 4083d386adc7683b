//! The API of the read side, `/api/query`.

use serde::{Deserialize, Serialize};

use crate::{
    event::{ReactionKind, Role, Timestamp},
    ids::{CommentId, PostId, UserId},
};

/// The longest tag, user name or prefix of a tag in a parameter, in characters.
pub const MAX_PARAMETER_CHARS: usize = 200;
/// The longest `q` of [`PostFilter`], in characters.
pub const MAX_QUERY_CHARS: usize = 200;
/// The most words in `q` of [`PostFilter`].
pub const MAX_QUERY_WORDS: usize = 32;
/// The most ids in one parameter.
pub const MAX_IDS: usize = 100;
/// The longest body of a [`PreviewRequest`], in bytes.
pub const MAX_PREVIEW_BYTES: usize = 256 * 1024;

/// The author of a post or comment, under their current name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Author {
    pub id: UserId,
    pub username: String,
    /// The display name; may be empty.
    pub name: String,
}

/// The counters of a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PostCounts {
    /// Public comments.
    pub comments: u32,
    /// Likes.
    pub reactions: u32,
}

/// A post in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PostSummary {
    pub id: PostId,
    /// The version that this response shows. A client that comments on the post right away sends
    /// `Consistency-Token: post:<id>@<version>`.
    pub version: u64,
    pub slug: Option<String>,
    pub title: String,
    /// The author's own summary, or the beginning of the text.
    pub summary: String,
    pub tags: Vec<String>,
    pub cover: Option<String>,
    /// Absent if the account was deleted or is not known yet.
    pub author: Option<Author>,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    pub reading_minutes: u32,
    /// The language of title and text as a BCP 47 tag: set by the author or detected; `null` if doubtful.
    pub language: Option<String>,
    pub counts: PostCounts,
}

/// A post in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Post {
    #[serde(flatten)]
    pub summary: PostSummary,
    /// The body, rendered and safe to insert.
    pub html: String,
    /// The table of contents.
    pub toc: Vec<Heading>,
    pub words: u32,
    /// The same author's previous post.
    pub previous: Option<Neighbour>,
    /// The same author's next post.
    pub next: Option<Neighbour>,
}

/// An entry of a table of contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heading {
    /// The `id` of the heading's element in `html`.
    pub id: String,
    /// 2 to 6.
    pub level: u8,
    /// Plain text.
    pub text: String,
}

/// A link to the previous or next post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Neighbour {
    pub id: PostId,
    pub slug: Option<String>,
    pub title: String,
    pub published_at: Timestamp,
}

/// The body of a redirect from a former slug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MovedPost {
    /// The current slug.
    pub slug: String,
    /// The same as the header `Location`.
    pub location: String,
}

/// A post in a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedEntry {
    #[serde(flatten)]
    pub summary: PostSummary,
    /// The body, rendered; absent if the newer posts' bodies fill the feed.
    pub html: Option<String>,
}

/// A post in the sitemap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SitemapEntry {
    pub slug: Option<String>,
    pub updated_at: Timestamp,
}

/// A comment with its replies, oldest first. A deleted or hidden comment with visible replies is a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comment {
    pub id: CommentId,
    /// The parent comment. Replies deeper than 8 levels are listed below the eighth, where this field distinguishes them.
    pub parent_id: Option<CommentId>,
    /// For `If-Match`; absent in a placeholder.
    pub version: Option<u64>,
    /// Whether this is a placeholder, which has no author, text or time.
    pub deleted: bool,
    pub author: Option<Author>,
    /// The text, rendered and safe to insert.
    pub html: Option<String>,
    pub created_at: Option<Timestamp>,
    /// When the visible text was edited, if it was.
    pub edited_at: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub replies: Vec<Comment>,
    /// Replies that exceed the limit of one page; of thousands at least this many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replies_omitted: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A user's public profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    pub id: UserId,
    pub username: String,
    /// The display name; may be empty.
    pub name: String,
    pub bio: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub counts: UserCounts,
}

/// The counters of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserCounts {
    /// Published posts.
    pub posts: u32,
    /// Users who follow this user.
    pub followers: u32,
    /// Users whom this user follows.
    pub following: u32,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tag {
    pub tag: String,
    /// Published posts with this tag.
    pub posts: u32,
}

/// A month of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Month {
    /// Year and month in UTC.
    #[cfg_attr(feature = "openapi", schema(example = "2026-01"))]
    pub month: String,
    /// Posts published in this month.
    pub posts: u32,
}

/// The signed-in user's relation to an author and a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ViewerState {
    /// The signed-in user.
    pub user_id: UserId,
    /// Whether the user follows `author`; absent without that parameter.
    pub following: Option<bool>,
    /// The user's reaction to `post`; absent if there is none, or without that parameter.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "like"))]
    pub reaction: Option<ReactionKind>,
}

/// A text to render.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// Markdown, at most 256 KiB.
    #[cfg_attr(feature = "openapi", schema(max_length = 262_144))]
    #[cfg_attr(feature = "validation", validate(custom(function = "fits_preview")))]
    pub body: String,
}

#[cfg(feature = "validation")]
fn fits_preview(body: &str) -> Result<(), validator::ValidationError> {
    if body.len() <= MAX_PREVIEW_BYTES {
        return Ok(());
    }
    Err(validator::ValidationError::new("too_long").with_message("must be at most 256 KiB".into()))
}

/// A text as a published post would show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// Safe to insert.
    pub html: String,
    /// The table of contents.
    pub toc: Vec<Heading>,
    pub words: u32,
    pub reading_minutes: u32,
    /// What readers do not see as it was written.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

/// A part of a text that readers do not see as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeftOut {
    /// The line of the text, from 1.
    pub line: u32,
    /// What was left out, and what is shown in its place.
    pub message: String,
}

/// The data of a server-sent event `change` or `resync`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveChange {
    /// `post:<id>`, `user:<id>`, `posts` or `tags`; `*` in an event `resync`.
    pub key: String,
    /// The changed parts of a post.
    pub kinds: Vec<ChangeKind>,
}

/// A part of a post that changes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The text, or whether it is published.
    Post,
    /// The counters.
    Counts,
    /// The comments.
    Comments,
}

/// Selects posts; all given conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct PostFilter {
    /// Posts with this tag
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub tag: Option<String>,
    /// Posts of the author with this user name, in any case
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub author: Option<String>,
    /// Search terms: each must begin a word of the title or of a tag, regardless of case and accents; at most 32 words
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub q: Option<String>,
    /// Posts published at or after this RFC 3339 time; a date means its start in UTC
    #[cfg_attr(feature = "openapi", param(schema_with = schema::date_or_time))]
    pub from: Option<String>,
    /// Posts published before this RFC 3339 time or date
    #[cfg_attr(feature = "openapi", param(schema_with = schema::date_or_time))]
    pub to: Option<String>,
    /// Posts with one of these ids, separated by commas
    #[cfg_attr(feature = "openapi", param(value_type = Option<Vec<PostId>>, style = Form, explode = false, max_items = 100))]
    pub ids: Option<String>,
}

/// Selects posts by their time of publication.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct SitemapFilter {
    /// Posts published at or after this RFC 3339 time; a date means its start in UTC
    #[cfg_attr(feature = "openapi", param(schema_with = schema::date_or_time))]
    pub from: Option<String>,
    /// Posts published before this RFC 3339 time or date
    #[cfg_attr(feature = "openapi", param(schema_with = schema::date_or_time))]
    pub to: Option<String>,
}

/// Selects tags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct TagFilter {
    /// Tags with this prefix, in any case; blanks count as hyphens
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub prefix: Option<String>,
}

/// Selects users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct UserFilter {
    /// The users' ids, separated by commas
    #[cfg_attr(feature = "openapi", param(value_type = Vec<UserId>, required = true, style = Form, explode = false, max_items = 100))]
    pub ids: Option<String>,
}

/// The author and the post that a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct ViewerQuery {
    /// Return whether the signed-in user follows this user
    pub author: Option<UserId>,
    /// Return the signed-in user's reaction to this post
    pub post: Option<PostId>,
}

/// Selects live changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct LiveFilter {
    /// Ids of the posts to watch, separated by commas; without it all changes are sent
    #[cfg_attr(feature = "openapi", param(value_type = Option<Vec<PostId>>, style = Form, explode = false, max_items = 100))]
    pub posts: Option<String>,
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::openapi::{KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type};

    pub(super) fn date_or_time() -> Schema {
        let text = |format| {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(format)))
        };
        OneOfBuilder::new()
            .item(text(KnownFormat::DateTime))
            .item(text(KnownFormat::Date))
            .build()
            .into()
    }
}
