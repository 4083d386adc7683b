//! What comes in and what goes out.

use common::{
    event::{ApprovedText, CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};
use runtime::store::Stored;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    commands::NewComment,
    domain::{Comment, Person},
};

/// A comment to be posted.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateComment {
    /// The post it is on
    pub post_id: PostId,
    /// The comment it answers, on the same post
    #[serde(default)]
    pub parent_id: Option<CommentId>,
    /// Markdown, 1 to 5,000 characters without the blank lines around them
    pub body: String,
}

impl From<CreateComment> for NewComment {
    fn from(comment: CreateComment) -> Self {
        Self {
            post_id: comment.post_id,
            parent_id: comment.parent_id,
            body: comment.body,
        }
    }
}

/// Another text for a comment.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditComment {
    /// Markdown, 1 to 5,000 characters without the blank lines around them
    pub body: String,
}

/// Which of one's own comments are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MineFilter {
    /// Only those on this post
    pub post: Option<PostId>,
    /// `pending`, `approved` or `rejected`; absent for all that are not deleted
    pub status: Option<String>,
}

/// A comment as its author and moderators see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FullComment {
    /// Its id
    pub id: CommentId,
    /// The post it is on
    pub post_id: PostId,
    /// The comment it answers
    pub parent_id: Option<CommentId>,
    /// Who wrote it; absent once their account is deleted
    pub author_id: Option<UserId>,
    /// Where its latest text stands
    pub status: CommentStatus,
    /// Counts its texts, from 1
    pub revision: u32,
    /// Its latest text, Markdown
    pub body: Option<String>,
    /// The text that readers see
    pub approved: Option<Approved>,
    /// Why its latest text was refused, or waits for a person to look at it; a code such as `banned_phrase` or `spam`
    pub reason: Option<String>,
    /// A moderator's words about it
    pub note: Option<String>,
    /// When it was posted
    pub created_at: Timestamp,
    /// When its text last changed
    pub edited_at: Option<Timestamp>,
    /// Counts its changes, from 1; as in `ETag`
    pub version: u64,
}

/// A comment as readers see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicComment {
    /// Its id
    pub id: CommentId,
    /// The post it is on
    pub post_id: PostId,
    /// The comment it answers
    pub parent_id: Option<CommentId>,
    /// Who wrote it; absent once their account is deleted
    pub author_id: Option<UserId>,
    /// The text that readers see
    pub approved: Option<Approved>,
    /// When it was posted
    pub created_at: Timestamp,
}

/// A text that readers see.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approved {
    /// Which of the comment's texts it is
    pub revision: u32,
    /// Markdown
    pub body: String,
}

/// A comment as the one who asks may see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CommentView {
    /// To its author and moderators
    Full(FullComment),
    /// To everyone else
    Public(PublicComment),
}

impl CommentView {
    /// What `person` may see of a comment that they may know of.
    pub fn of(stored: Stored<Comment>, person: Option<Person>) -> Self {
        if stored.state.is_open_to(person) {
            Self::Full(stored.into())
        } else {
            Self::Public(stored.state.into())
        }
    }
}

impl From<Stored<Comment>> for FullComment {
    fn from(stored: Stored<Comment>) -> Self {
        let comment = stored.state;
        Self {
            id: comment.id,
            post_id: comment.post_id,
            parent_id: comment.parent_id,
            author_id: comment.author_id,
            status: comment.status,
            revision: comment.revision,
            body: comment.body,
            approved: comment.approved.map(Approved::from),
            reason: comment.reason,
            note: comment.verdict.and_then(|verdict| verdict.note),
            created_at: comment.created_at,
            edited_at: comment.edited_at,
            version: stored.version,
        }
    }
}

impl From<Comment> for PublicComment {
    fn from(comment: Comment) -> Self {
        Self {
            id: comment.id,
            post_id: comment.post_id,
            parent_id: comment.parent_id,
            author_id: comment.author_id,
            approved: comment.approved.map(Approved::from),
            created_at: comment.created_at,
        }
    }
}

impl From<ApprovedText> for Approved {
    fn from(text: ApprovedText) -> Self {
        Self {
            revision: text.revision,
            body: text.body,
        }
    }
}
