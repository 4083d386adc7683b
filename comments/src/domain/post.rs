//! What this service knows of a post, and whether the post accepts comments.

use common::{
    event::{PostState, PostStatus},
    ids::{PostId, UserId},
};
use serde::{Deserialize, Serialize};

use super::CommentError;

/// A post as of the newest event about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostReplica {
    #[serde(rename = "_id")]
    pub id: PostId,
    pub version: u64,
    pub status: PostStatus,
    pub author_id: UserId,
}

impl PostReplica {
    /// The replica of `state` at `version`.
    pub fn new(state: &PostState, version: u64) -> Self {
        Self {
            id: state.id,
            version,
            status: state.status,
            author_id: state.author_id,
        }
    }
}

/// Checks that the post, if there is one, accepts comments.
///
/// # Errors
/// If it is deleted, or not public: a draft looks the same as an unknown post.
pub fn accepts_comments(post: Option<&PostReplica>) -> Result<(), CommentError> {
    match post.map(|post| post.status) {
        Some(PostStatus::Published) => Ok(()),
        Some(PostStatus::Deleted) => Err(CommentError::PostDeleted),
        Some(PostStatus::Draft | PostStatus::Unknown) | None => Err(CommentError::UnknownPost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_post_then_it_accepts_comments_only_if_it_is_public() {
        let cases = [
            (Some(PostStatus::Published), Ok(())),
            (Some(PostStatus::Draft), Err(CommentError::UnknownPost)),
            (Some(PostStatus::Unknown), Err(CommentError::UnknownPost)),
            (Some(PostStatus::Deleted), Err(CommentError::PostDeleted)),
            (None, Err(CommentError::UnknownPost)),
        ];
        for (status, expected) in cases {
            let post = status.map(|status| PostReplica {
                id: PostId::generate(),
                version: 1,
                status,
                author_id: UserId::generate(),
            });
            assert_eq!(accepts_comments(post.as_ref()), expected, "{status:?}");
        }
    }
}
