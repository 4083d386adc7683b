//! Errors of the domain as errors of the API: one exhaustive match.

use common::{
    error::{ErrorCode, FieldError},
    tag::TagError,
};
use runtime::error::ApiError;

use crate::domain::{content::Violation, post::PostError};

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::NotFound => Self::not_found("post"),
            PostError::RevisionNotFound => Self::not_found("revision"),
            PostError::NotOwner => Self::new(ErrorCode::NotOwner, "The post belongs to another user."),
            PostError::Deleted => Self::new(ErrorCode::Gone, "The post was deleted."),
            PostError::UnderReview => Self::new(
                ErrorCode::RefusedByModeration,
                "A moderator has to review this text. It is published when a moderator approves it.",
            ),
            PostError::Rejected { reason } => {
                Self::new(ErrorCode::RefusedByModeration, rejection(reason.as_deref()))
            }
            PostError::Invalid(violations) => Self::validation(violations.iter().map(field_error).collect()),
        }
    }
}

fn rejection(reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("Moderation rejected this text{reason}. Change it to publish it.")
}

fn field_error(violation: &Violation) -> FieldError {
    let (field, code) = match violation {
        Violation::TitleEmpty => ("title", ErrorCode::Required),
        Violation::TitleTooLong => ("title", ErrorCode::TooLong),
        Violation::TitleControl => ("title", ErrorCode::InvalidFormat),
        Violation::BodyEmpty => ("body", ErrorCode::Required),
        Violation::BodyTooLong => ("body", ErrorCode::TooLong),
        Violation::BodyControl => ("body", ErrorCode::InvalidFormat),
        Violation::SummaryTooLong => ("summary", ErrorCode::TooLong),
        Violation::SummaryControl => ("summary", ErrorCode::InvalidFormat),
        Violation::CoverTooLong => ("cover", ErrorCode::TooLong),
        Violation::CoverInvalid => ("cover", ErrorCode::InvalidFormat),
        Violation::TooManyTags => ("tags", ErrorCode::TooMany),
        Violation::Tag { index, error } => return tag_error(*index, error),
        Violation::LanguageInvalid => ("language", ErrorCode::InvalidFormat),
        Violation::PublishAtPast | Violation::PublishAtTooFar => ("publish_at", ErrorCode::OutOfRange),
        Violation::PublishAtNotDraft => ("publish_at", ErrorCode::InvalidValue),
        Violation::PublishedAtFuture => ("published_at", ErrorCode::OutOfRange),
        Violation::PublishedAtNotPublishing => ("published_at", ErrorCode::InvalidValue),
    };
    FieldError::new(field, code, violation.to_string())
}

fn tag_error(index: usize, error: &TagError) -> FieldError {
    let code = match error {
        TagError::Empty => ErrorCode::TooShort,
        TagError::TooLong => ErrorCode::TooLong,
        TagError::BadCharacter(_) => ErrorCode::InvalidFormat,
    };
    FieldError::new(&format!("tags[{index}]"), code, error.to_string())
}
