//! The public state of every aggregate: the bodies of the events.
//!
//! It never contains a secret (password hash, e-mail address, session) or a text that only its owner may read, so the
//! `content` of drafts and deleted posts is absent. Readers are tolerant: unknown fields are skipped and an unknown value
//! of an enum reads as its `Unknown`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::ids::{CommentId, DeadLetterId, EventId, PostId, UserId};

/// The role of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads, writes posts and comments. Unknown roles read as this one, which has the fewest permissions.
    #[default]
    Author,
    /// Also moderates comments, posts and reports.
    Moderator,
    /// Also assigns roles.
    Admin,
}

impl Role {
    /// The role's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Author, Self::Moderator, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self::from_name(&name).unwrap_or_default())
    }
}

/// A user account, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserState {
    /// The user's id.
    pub id: UserId,
    /// The user's role.
    pub role: Role,
    /// The public profile; absent once the account is deleted.
    pub profile: Option<UserProfile>,
    /// When the user signed up.
    pub created_at: Timestamp,
}

/// The public profile of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserProfile {
    /// Unique regardless of case; 3 to 32 of `A-Z a-z 0-9 _ -`.
    pub username: String,
    /// Display name, 1 to 80 characters.
    pub name: String,
    /// Short biography, plain text, at most 500 characters.
    pub bio: String,
}

/// Whether a user follows another user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowState {
    /// The user who follows.
    pub follower_id: UserId,
    /// The user who is followed.
    pub followee_id: UserId,
    /// False after an unfollow.
    pub active: bool,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// The status of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostStatus {
    /// Visible only to its author.
    Draft,
    /// Public.
    Published,
    /// Deleted; a tombstone without content.
    Deleted,
    /// A status of a newer release; not public.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// The public state of a blog post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostState {
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
    pub content: Option<PostContent>,
    /// When the first draft was saved.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
}

/// The content of a published post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostContent {
    /// 1 to 200 characters.
    pub title: String,
    /// Markdown (CommonMark with GitHub's tables, task lists, strikethrough and footnotes), at most 256 KiB.
    pub body: String,
    /// The author's own summary, at most 500 characters.
    pub summary: Option<String>,
    /// The tags as their author writes them, at most 10. They are compared by their canonical form.
    #[serde(default)]
    pub tags: Vec<String>,
    /// URL of a cover image: https, or a path of this site.
    pub cover: Option<String>,
    /// The language as a BCP 47 tag, if the author has set it.
    #[serde(default)]
    pub language: Option<String>,
}

/// The kinds of reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReactionKind {
    /// "I like this."
    Like,
    /// A kind of a newer release; not counted.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// Whether a user reacts to a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReactionState {
    /// The post.
    pub post_id: PostId,
    /// The user.
    pub user_id: UserId,
    /// The kind of reaction.
    pub kind: ReactionKind,
    /// False after the reaction was removed.
    pub active: bool,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// The status of a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentStatus {
    /// The latest text awaits a verdict.
    Pending,
    /// The latest text is public.
    Approved,
    /// The latest text was rejected.
    Rejected,
    /// Deleted; a tombstone without text.
    Deleted,
    /// A status of a newer release; not public.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// A comment. Only [`approved`](Self::approved) may be shown to readers; `body` is for its author and moderators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommentState {
    /// The comment's id.
    pub id: CommentId,
    /// The post it is on.
    pub post_id: PostId,
    /// The comment it replies to, if any, on the same post.
    pub parent_id: Option<CommentId>,
    /// The author; absent once the account is deleted.
    pub author_id: Option<UserId>,
    /// The status of the latest text.
    pub status: CommentStatus,
    /// The number of the latest text, from 1; a verdict refers to one revision.
    pub revision: u32,
    /// The latest text, Markdown, 1 to 5,000 characters; absent once deleted.
    pub body: Option<String>,
    /// The public text: the last approved one, which remains while an edit awaits a verdict.
    pub approved: Option<ApprovedText>,
    /// Why it was rejected or awaits review: a code such as `banned_phrase` or `spam`.
    pub reason: Option<String>,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When its text last changed, if ever.
    pub edited_at: Option<Timestamp>,
}

/// A text that readers may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovedText {
    /// The revision of the comment.
    pub revision: u32,
    /// Markdown.
    pub body: String,
}

/// An operator's resolution of a message that a consumer could not process. It does not contain the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterState {
    /// The dead letter's id: UUIDv5 of the consumer, the position in the log and the time of storage.
    pub id: DeadLetterId,
    /// The consumer that could not process the message.
    pub consumer: String,
    /// The message's subject in the log.
    pub subject: String,
    /// The message's sequence in the log.
    pub sequence: u64,
    /// The event id of the message, if it has one.
    pub event_id: Option<EventId>,
    /// The event that replaces it, if it was repaired.
    pub repaired_by: Option<EventId>,
    /// The consumer's reason why it could not be processed.
    pub reason: String,
    /// The operator's note.
    pub note: Option<String>,
    /// The operator's name.
    pub actor: String,
    /// When it was resolved.
    pub at: Timestamp,
}
