//! The public state of every aggregate: the bodies of the events.
//!
//! No secret is ever here: no password hash, e-mail address or session, and no text that only its owner may
//! read; so a draft's or a deleted post's `content` is absent. A reader is tolerant: unknown fields are skipped
//! and an unknown value of an enum reads as its `Unknown`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::ids::{CommentId, DeadLetterId, EventId, PostId, UserId};

/// What a person may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads, writes posts and comments. Also what a reader makes of a role it does not know: the least.
    #[default]
    Author,
    /// Also decides on comments and reports.
    Moderator,
    /// Also gives roles.
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

/// A person, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserState {
    /// The person's id.
    pub id: UserId,
    /// What they may do.
    pub role: Role,
    /// What others see of them; absent once the account is deleted.
    pub profile: Option<UserProfile>,
    /// When they signed up.
    pub created_at: Timestamp,
}

/// What others see of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserProfile {
    /// Unique without regard to case; 3 to 32 of `A-Z a-z 0-9 _ -`.
    pub username: String,
    /// The name shown, 1 to 80 characters.
    pub name: String,
    /// A few words of their own, at most 500 characters, plain text.
    pub bio: String,
}

/// Whether one person follows another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowState {
    /// Who follows.
    pub follower_id: UserId,
    /// Who is followed.
    pub followee_id: UserId,
    /// False after an unfollow.
    pub active: bool,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// Where a post stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostStatus {
    /// Only its author sees it.
    Draft,
    /// Everyone sees it.
    Published,
    /// Gone for good; a tombstone without content.
    Deleted,
    /// A status of a newer release; treated as not public.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

/// A blog post as the world may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostState {
    /// The post's id.
    pub id: PostId,
    /// Who wrote it.
    pub author_id: UserId,
    /// Where it stands.
    pub status: PostStatus,
    /// Its place in addresses, from the first publication on.
    pub slug: Option<String>,
    /// Slugs it had while published, which lead to the present one; oldest first.
    #[serde(default)]
    pub former_slugs: Vec<String>,
    /// Present exactly while it is published.
    pub content: Option<PostContent>,
    /// When its first draft was saved.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
}

/// What a published post says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostContent {
    /// 1 to 200 characters.
    pub title: String,
    /// Markdown (CommonMark with GitHub's tables, task lists, strikethrough and footnotes), at most 256 KiB.
    pub body: String,
    /// The author's own summary, at most 500 characters.
    pub summary: Option<String>,
    /// Normalised tags, at most 10.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Address of a cover picture, https or a path of this site.
    pub cover: Option<String>,
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

/// Whether one person reacts to one post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReactionState {
    /// The post.
    pub post_id: PostId,
    /// The person.
    pub user_id: UserId,
    /// How they react.
    pub kind: ReactionKind,
    /// False after it was taken back.
    pub active: bool,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// Where a comment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentStatus {
    /// Its latest text waits for a verdict.
    Pending,
    /// Its latest text is public.
    Approved,
    /// Its latest text was refused.
    Rejected,
    /// Gone for good; a tombstone without text.
    Deleted,
    /// A status of a newer release; treated as not public.
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
    /// The comment it answers, if any, on the same post.
    pub parent_id: Option<CommentId>,
    /// Who wrote it; absent once their account is deleted.
    pub author_id: Option<UserId>,
    /// Where its latest text stands.
    pub status: CommentStatus,
    /// Counts the texts it had, from 1; a verdict names the one it is about.
    pub revision: u32,
    /// The latest text, Markdown, 1 to 5,000 characters; absent once deleted.
    pub body: Option<String>,
    /// The text readers see: the last approved one, which stays while an edit waits.
    pub approved: Option<ApprovedText>,
    /// Why it was rejected, or waits for a person to look at it: a code such as `banned_phrase` or `spam`.
    pub reason: Option<String>,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When its text last changed, if ever.
    pub edited_at: Option<Timestamp>,
}

/// A text that readers may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovedText {
    /// Which revision of the comment it is.
    pub revision: u32,
    /// Markdown.
    pub body: String,
}

/// What an operator did about a message that a consumer could not process. The message itself is not in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterState {
    /// The dead letter's id: UUIDv5 of consumer, place in the log and time of filing.
    pub id: DeadLetterId,
    /// Who could not process the message.
    pub consumer: String,
    /// The message's subject in the log.
    pub subject: String,
    /// The message's sequence in the log.
    pub sequence: u64,
    /// The message's id as an event, if it has one.
    pub event_id: Option<EventId>,
    /// The event that took its place, if it was repaired.
    pub repaired_by: Option<EventId>,
    /// Why it could not be processed, in the consumer's words.
    pub reason: String,
    /// Why the operator did what they did, in their words.
    pub note: Option<String>,
    /// The operator's name.
    pub actor: String,
    /// When they did it.
    pub at: Timestamp,
}
