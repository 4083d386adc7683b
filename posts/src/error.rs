//! What the domain refuses, in the words of the API.

use common::error::{ErrorCode, FieldError};
use runtime::error::ApiError;

use crate::domain::{content::Violation, post::PostError, tags::TagError};

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::NotFound => Self::not_found("post"),
            PostError::RevisionNotFound => Self::not_found("revision"),
            PostError::NotOwner => Self::new(ErrorCode::NotOwner, "The post belongs to somebody else."),
            PostError::Deleted => Self::new(ErrorCode::Gone, "The post was deleted."),
            PostError::UnderReview => Self::new(
                ErrorCode::RefusedByModeration,
                "A moderator has yet to look at this text. It is published when they approve it.",
            ),
            PostError::Rejected { reason } => {
                Self::new(ErrorCode::RefusedByModeration, refused(reason.as_deref()))
            }
            PostError::Invalid(violations) => Self::validation(violations.iter().map(field_error).collect()),
        }
    }
}

fn refused(reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("This text was refused{reason}. Change it to publish it.")
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
        Violation::Tag(error) => return tag_error(error),
        Violation::PublishAtPast | Violation::PublishAtTooFar => ("publish_at", ErrorCode::OutOfRange),
        Violation::PublishAtNotDraft => ("publish_at", ErrorCode::InvalidValue),
    };
    FieldError {
        message: violation.to_string(),
        field: Some(field.to_owned()),
        code,
    }
}

fn tag_error(error: &TagError) -> FieldError {
    let code = match error {
        TagError::Empty { .. } => ErrorCode::TooShort,
        TagError::TooLong { .. } => ErrorCode::TooLong,
        TagError::BadCharacter { .. } => ErrorCode::InvalidFormat,
        TagError::TooMany { .. } => ErrorCode::TooMany,
    };
    FieldError {
        message: error.to_string(),
        field: Some(format!("tags[{}]", error.index())),
        code,
    }
}
