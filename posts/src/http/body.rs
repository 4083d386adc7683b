//! What authors send and get.

use common::{
    event::{Outcome, Timestamp},
    ids::{PostId, UserId},
};
use runtime::http::nullable;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    commands::Judged,
    domain::{
        listing::Shelf,
        moderation::Verdict,
        post::{Edit, NewPost, Visibility},
    },
};

/// Where a post is to stand.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Only its author sees it.
    #[default]
    Draft,
    /// Everyone sees it.
    Published,
}

impl From<Wanted> for Visibility {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Draft => Self::Draft,
            Wanted::Published => Self::Published,
        }
    }
}

/// Where a post is found: `scheduled` is a draft with a `publish_at`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    Draft,
    Scheduled,
    Published,
}

impl From<Shelf> for Found {
    fn from(shelf: Shelf) -> Self {
        match shelf {
            Shelf::Draft => Self::Draft,
            Shelf::Scheduled => Self::Scheduled,
            Shelf::Published => Self::Published,
        }
    }
}

impl From<Found> for Shelf {
    fn from(found: Found) -> Self {
        match found {
            Found::Draft => Self::Draft,
            Found::Scheduled => Self::Scheduled,
            Found::Published => Self::Published,
        }
    }
}

/// A post to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBody {
    /// 1 to 200 characters
    #[schema(example = "Hello")]
    title: String,
    /// Markdown, at most 256 KiB; may be empty in a draft that is not scheduled
    body: String,
    /// At most 500 characters
    summary: Option<String>,
    /// At most 10, each 1 to 32 letters, digits, spaces and hyphens
    #[serde(default)]
    tags: Vec<String>,
    /// An https address or a path of this site, at most 2048 bytes
    cover: Option<String>,
    #[serde(default)]
    #[schema(inline)]
    status: Wanted,
    /// When the draft is to be published by itself; ahead, at most five years
    publish_at: Option<Timestamp>,
}

impl From<CreateBody> for NewPost {
    fn from(body: CreateBody) -> Self {
        Self {
            title: body.title,
            body: body.body,
            summary: body.summary,
            tags: body.tags,
            cover: body.cover,
            status: body.status.into(),
            publish_at: body.publish_at,
        }
    }
}

/// What is to change: what is absent stays; `null` takes a summary, cover or planned publication away.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    /// 1 to 200 characters; of a published post it changes the slug, and the old one leads to the new one
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    title: Option<String>,
    /// Markdown, at most 256 KiB
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    body: Option<String>,
    /// At most 500 characters
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    summary: Option<Option<String>>,
    /// All tags it is to have, at most 10
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>, required = false)]
    tags: Option<Vec<String>>,
    /// An https address or a path of this site
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    cover: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Wanted, required = false, inline)]
    status: Option<Wanted>,
    /// When the draft is to be published by itself
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Timestamp>)]
    publish_at: Option<Option<Timestamp>>,
}

impl From<EditBody> for Edit {
    fn from(body: EditBody) -> Self {
        Self {
            title: body.title,
            body: body.body,
            summary: body.summary,
            tags: body.tags,
            cover: body.cover,
            status: body.status.map(Visibility::from),
            publish_at: body.publish_at,
        }
    }
}

/// Of a field that cannot be taken away, so that `null` is a value of the wrong type.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What was decided about a post's present text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moderation {
    #[schema(inline)]
    status: Decided,
    /// Why, as a code such as `banned_phrase` or `spam`
    reason: Option<String>,
    /// A moderator's words about it
    note: Option<String>,
}

/// What can be decided.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// It may be public.
    Approved,
    /// It may not be public; a changed text may.
    Rejected,
    /// It is not public before a moderator has looked at it.
    Flagged,
}

impl Moderation {
    /// What its author is told of `verdict`.
    pub fn of(verdict: &Verdict) -> Option<Self> {
        let status = match verdict.outcome {
            Outcome::Approved => Decided::Approved,
            Outcome::Rejected => Decided::Rejected,
            Outcome::Flagged => Decided::Flagged,
            Outcome::Unknown => return None,
        };
        Some(Self {
            status,
            reason: verdict.reason.clone(),
            note: verdict.note.clone(),
        })
    }
}

/// A post with its source, as its author sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostSource {
    id: PostId,
    author_id: UserId,
    /// As in `ETag`, for `If-Match`
    version: u64,
    #[schema(inline)]
    status: Option<Found>,
    /// Its place in addresses, from the first publication on
    slug: Option<String>,
    /// Slugs it had, which lead to the present one; oldest first
    former_slugs: Vec<String>,
    title: String,
    /// Markdown
    body: String,
    summary: Option<String>,
    tags: Vec<String>,
    cover: Option<String>,
    publish_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The first publication
    published_at: Option<Timestamp>,
    /// What was decided about this text, if it was judged
    moderation: Option<Moderation>,
}

impl From<Judged> for PostSource {
    fn from(judged: Judged) -> Self {
        let moderation = judged.present_verdict().and_then(Moderation::of);
        let (version, post) = (judged.post.version, judged.post.state);
        Self {
            id: post.id,
            author_id: post.author_id,
            version,
            status: post.shelf().map(Found::from),
            slug: post.slug,
            former_slugs: post.former_slugs,
            title: post.text.title,
            body: post.text.body,
            summary: post.text.summary,
            tags: post.tags,
            cover: post.cover,
            publish_at: post.publish_at,
            created_at: post.created_at,
            updated_at: post.updated_at,
            published_at: post.published_at,
            moderation,
        }
    }
}
