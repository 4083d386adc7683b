//! The domain's errors as errors of the API.

use common::error::ErrorCode;
use runtime::error::ApiError;

use crate::domain::{CommentError, comment::MAX_CHARS};

impl From<CommentError> for ApiError {
    fn from(error: CommentError) -> Self {
        match error {
            CommentError::EmptyText => Self::field("body", ErrorCode::TooShort, "must not be blank"),
            CommentError::LongText { chars } => Self::field(
                "body",
                ErrorCode::TooLong,
                format!("has {chars} characters, at most {MAX_CHARS} are allowed"),
            ),
            CommentError::UnknownPost => Self::not_found("post"),
            CommentError::PostDeleted => Self::new(ErrorCode::Gone, "The post was deleted."),
            CommentError::UnknownParent => Self::field(
                "parent_id",
                ErrorCode::InvalidValue,
                "there is no such comment on this post",
            ),
            CommentError::ParentDeleted => Self::new(
                ErrorCode::InvalidState,
                "The comment you are replying to was deleted.",
            ),
            CommentError::NotFound => Self::not_found("comment"),
            CommentError::Deleted => Self::new(ErrorCode::Gone, "The comment was deleted."),
            CommentError::NotOwner => Self::new(ErrorCode::NotOwner, "The comment belongs to another user."),
        }
    }
}
