//! The documents of the read model. None contains text that readers may not see.
//!
//! Each has its aggregate's id and version (`v`), and the number of the batch that wrote it (`batch`), unless it was loaded
//! in bulk. Counters are in collections of their own, so that a like does not rewrite a post.

use common::{
    api::query::{Heading, PostCounts, UserCounts},
    event::{CommentStatus, PostStatus, ReactionKind, Role, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use serde::{Deserialize, Serialize};

/// The format of these documents. Increment it with every change that existing documents do not conform to: the next
/// start then builds a new generation beside the live one.
pub const MODEL_VERSION: u32 = 5;

/// A rendered post. It has content only while it is published.
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
    /// As a BCP 47 tag: as its author has set it, otherwise as detected, unless that is doubtful.
    #[serde(default)]
    pub language: Option<String>,
    pub tags: Vec<String>,
    /// The same as their author writes them; empty in documents of older releases.
    #[serde(default)]
    pub tag_names: Vec<String>,
    /// The [words](crate::search_words) of its title and tags; never loaded.
    #[serde(default)]
    pub search_words: Vec<String>,
    /// The same words in one text, each after a blank; never loaded.
    #[serde(default)]
    pub search_text: String,
    /// The month of publication, such as `2026-01`, while it is published.
    #[serde(default)]
    pub month: Option<String>,
    pub cover: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The sort key of lists; the time of creation if the post was never published.
    pub published_at: Timestamp,
    /// From [`PostCountsDocument`]; stored here by older releases.
    #[serde(default, skip_serializing)]
    pub counts: PostCounts,
}

/// The counters of a post, which may not have arrived yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PostCountsDocument {
    #[serde(rename = "_id")]
    pub id: PostId,
    #[serde(default)]
    pub comments: u32,
    #[serde(default)]
    pub reactions: u32,
}

/// A user. A deleted account has no user name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserDocument {
    #[serde(rename = "_id")]
    pub id: UserId,
    pub v: i64,
    pub username: Option<String>,
    /// The [`username_key`] that finds it.
    pub username_key: Option<String>,
    pub name: String,
    #[serde(default)]
    pub bio: String,
    pub role: Role,
    pub created_at: Timestamp,
    /// From [`UserCountsDocument`]; stored here by older releases.
    #[serde(default, skip_serializing)]
    pub counts: UserCounts,
}

/// The counters of a user, who may not have arrived yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserCountsDocument {
    #[serde(rename = "_id")]
    pub id: UserId,
    #[serde(default)]
    pub posts: u32,
    #[serde(default)]
    pub followers: u32,
    #[serde(default)]
    pub following: u32,
}

/// User names are matched case-insensitively.
pub fn username_key(username: &str) -> String {
    username.to_lowercase()
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
    /// Whether its text is public.
    pub visible: bool,
    pub html: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

/// A user's reaction to a post. Its id is `<post>:<user>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReactionDocument {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    pub post_id: PostId,
    pub kind: ReactionKind,
    pub active: bool,
}

/// Whether one user follows another. Its id is `<follower>:<followee>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FollowDocument {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    pub follower_id: UserId,
    pub followee_id: UserId,
    pub active: bool,
    /// The sort key of the list of followed users.
    pub changed_at: Timestamp,
}

/// A month, such as `2026-01`, and its number of published posts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MonthDocument {
    #[serde(rename = "_id")]
    pub month: String,
    pub posts: u32,
}

/// A tag and its number of published posts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TagDocument {
    #[serde(rename = "_id")]
    pub tag: String,
    pub posts: u32,
}

/// A word of titles or tags, and the number of published posts with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WordDocument {
    #[serde(rename = "_id")]
    pub word: String,
    pub posts: u32,
}
