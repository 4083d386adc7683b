//! The documents of the read model, as they lie in the database. No text that readers may not see is in one.
//!
//! Each holds its aggregate's id and version (`v`), and the number of the batch that wrote it (`batch`): what a
//! batch wrote counts as shown once the checkpoint has reached that batch, since only then its counts are right.

use common::{
    api::query::{Heading, PostCounts, UserCounts},
    event::{CommentStatus, PostStatus, ReactionKind, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use serde::{Deserialize, Serialize};

/// The shape of these documents. Count it up with every change that old documents do not fit: the next start
/// then builds a new generation beside the live one.
pub const MODEL_VERSION: u32 = 2;

/// A post, rendered. Content is there exactly while it is published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PostDocument {
    #[serde(rename = "_id")]
    pub id: PostId,
    pub v: i64,
    pub status: PostStatus,
    pub slug: Option<String>,
    pub former_slugs: Vec<String>,
    pub author_id: UserId,
    pub title: String,
    /// The author's own summary, or else the beginning of the text.
    pub summary: String,
    #[serde(default)]
    pub html: String,
    #[serde(default)]
    pub toc: Vec<Heading>,
    pub words: u32,
    pub reading_minutes: u32,
    pub tags: Vec<String>,
    /// What it is searched by: see [`words`](crate::words). Never read back.
    #[serde(default)]
    pub terms: Vec<String>,
    /// The month it was published in, `2026-01`, while it is published.
    #[serde(default)]
    pub month: Option<String>,
    pub cover: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Lists are in its order; of a post that was never published when it was begun.
    pub published_at: Timestamp,
    /// Kept by the recount, never written with the rest.
    #[serde(default, skip_serializing)]
    pub counts: PostCounts,
}

/// A person. A deleted account has no profile.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserDocument {
    #[serde(rename = "_id")]
    pub id: UserId,
    pub v: i64,
    pub username: Option<String>,
    /// In lower case, by which it is found.
    pub username_key: Option<String>,
    pub name: String,
    #[serde(default)]
    pub bio: String,
    pub role: common::event::Role,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing)]
    pub counts: UserCounts,
}

/// A comment: only its approved text, rendered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommentDocument {
    #[serde(rename = "_id")]
    pub id: CommentId,
    pub v: i64,
    pub post_id: PostId,
    pub parent_id: Option<CommentId>,
    pub author_id: Option<UserId>,
    pub status: CommentStatus,
    /// Whether readers see its text.
    pub visible: bool,
    pub html: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

/// Whether somebody reacts to a post. Its id is `<post>:<user>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReactionDocument {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    pub post_id: PostId,
    pub kind: ReactionKind,
    pub active: bool,
}

/// Whether somebody follows somebody. Its id is `<follower>:<followee>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FollowDocument {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    pub follower_id: UserId,
    pub followee_id: UserId,
    pub active: bool,
    /// The latest come first.
    pub changed_at: Timestamp,
}

/// A month, `2026-01`, and how many posts were published in it; none is the same as no document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MonthDocument {
    #[serde(rename = "_id")]
    pub month: String,
    pub posts: u32,
}

/// A tag and how many published posts bear it; none is the same as no document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TagDocument {
    #[serde(rename = "_id")]
    pub tag: String,
    pub posts: u32,
}
