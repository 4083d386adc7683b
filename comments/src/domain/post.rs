//! What this service knows of a post, and whether it takes comments.

use common::{
    event::{PostState, PostStatus},
    ids::{PostId, UserId},
};

use super::CommentError;

/// A post as its newest event known here told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostReplica {
    /// The post's id.
    pub id: PostId,
    /// The version that this is.
    pub version: u64,
    /// Where the post stands.
    pub status: PostStatus,
    /// Who wrote it.
    pub author_id: UserId,
}

impl PostReplica {
    /// What is kept of `state` at `version`.
    pub fn new(state: &PostState, version: u64) -> Self {
        Self {
            id: state.id,
            version,
            status: state.status,
            author_id: state.author_id,
        }
    }
}

/// Whether `post` takes comments, as far as it is known.
///
/// # Errors
/// If it is not public, which is not told apart from unknown, or gone.
pub fn takes_comments(post: Option<&PostReplica>) -> Result<(), CommentError> {
    match post.map(|post| post.status) {
        Some(PostStatus::Published) => Ok(()),
        Some(PostStatus::Deleted) => Err(CommentError::PostGone),
        Some(PostStatus::Draft | PostStatus::Unknown) | None => Err(CommentError::UnknownPost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_post_then_only_a_public_one_takes_comments() {
        let cases = [
            (Some(PostStatus::Published), Ok(())),
            (Some(PostStatus::Draft), Err(CommentError::UnknownPost)),
            (Some(PostStatus::Unknown), Err(CommentError::UnknownPost)),
            (Some(PostStatus::Deleted), Err(CommentError::PostGone)),
            (None, Err(CommentError::UnknownPost)),
        ];
        for (status, expected) in cases {
            let post = status.map(|status| PostReplica {
                id: PostId::generate(),
                version: 1,
                status,
                author_id: UserId::generate(),
            });
            assert_eq!(takes_comments(post.as_ref()), expected, "{status:?}");
        }
    }
}
