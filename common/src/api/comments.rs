//! Requests and responses of `/api/comments`.

use serde::{Deserialize, Serialize};

use crate::{
    event::{CommentStatus, Timestamp},
    ids::{CommentId, PostId, UserId},
};

/// A new comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct CreateComment {
    /// The post to comment on
    pub post_id: PostId,
    /// The comment to reply to, on the same post
    #[serde(default)]
    pub parent_id: Option<CommentId>,
    /// Markdown, 1 to 5,000 characters, not counting blank lines before and after
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub body: String,
}

/// A new text for a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct EditComment {
    /// Markdown, 1 to 5,000 characters, not counting blank lines before and after
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub body: String,
}

/// A filter for the user's own comments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::IntoParams),
    into_params(parameter_in = Query)
)]
pub struct OwnCommentsFilter {
    /// Only comments on this post
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<PostId>,
    /// Only comments in this status; by default all that are not deleted
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline, value_type = Option<OwnCommentStatus>))]
    pub status: Option<String>,
}

/// A status that the user's own comments can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OwnCommentStatus {
    /// Held for review
    Pending,
    /// Public
    Approved,
    /// Not public
    Rejected,
}

/// A comment as its author and moderators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FullComment {
    /// The id
    pub id: CommentId,
    /// The post it is on
    pub post_id: PostId,
    /// The comment it replies to
    pub parent_id: Option<CommentId>,
    /// The author; absent once the account is deleted
    pub author_id: Option<UserId>,
    /// The status of the latest text
    pub status: CommentStatus,
    /// The number of the latest text, from 1
    pub revision: u32,
    /// The latest text, Markdown; absent once deleted
    pub body: Option<String>,
    /// The text that readers see
    pub approved: Option<ApprovedText>,
    /// Why the latest text was rejected or is held for review: a code such as `banned_phrase` or `spam`
    pub reason: Option<String>,
    /// A moderator's note to the author
    pub note: Option<String>,
    /// When it was posted
    pub created_at: Timestamp,
    /// When its text was last changed
    pub edited_at: Option<Timestamp>,
    /// The number of changes, from 1; the same as in `ETag`
    pub version: u64,
}

/// A comment as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicComment {
    /// The id
    pub id: CommentId,
    /// The post it is on
    pub post_id: PostId,
    /// The comment it replies to
    pub parent_id: Option<CommentId>,
    /// The author; absent once the account is deleted
    pub author_id: Option<UserId>,
    /// The text that readers see
    pub approved: Option<ApprovedText>,
    /// When it was posted
    pub created_at: Timestamp,
}

/// A text that readers see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovedText {
    /// The number of the text
    pub revision: u32,
    /// Markdown
    pub body: String,
}

/// A comment, with as much of it as the caller may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Comment {
    /// For its author and moderators
    Full(FullComment),
    /// For all others
    Public(PublicComment),
}

impl Comment {
    /// The text that readers see.
    pub fn approved(&self) -> Option<&ApprovedText> {
        match self {
            Self::Full(comment) => comment.approved.as_ref(),
            Self::Public(comment) => comment.approved.as_ref(),
        }
    }

    /// The post it is on.
    pub fn post_id(&self) -> PostId {
        match self {
            Self::Full(comment) => comment.post_id,
            Self::Public(comment) => comment.post_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_comment_with_a_status_is_read_as_full_and_any_other_as_public() {
        let mut body = json!({
            "id": CommentId::generate(), "post_id": PostId::generate(), "parent_id": null, "author_id": null,
            "approved": { "revision": 1, "body": "Text" }, "created_at": "2026-01-31T12:00:00.000Z",
        });
        let public: Comment = serde_json::from_value(body.clone()).unwrap();
        assert!(matches!(&public, Comment::Public(_)), "{public:?}");
        for (field, value) in [
            ("status", json!("approved")),
            ("revision", json!(1)),
            ("version", json!(1)),
        ] {
            body[field] = value;
        }
        let full: Comment = serde_json::from_value(body).unwrap();
        assert!(matches!(&full, Comment::Full(_)), "{full:?}");
        assert_eq!(full.approved(), public.approved());
        assert_eq!(full.post_id(), public.post_id());
    }
}
