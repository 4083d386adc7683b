//! The domain's errors as errors of the API.

use common::error::{ErrorCode, FieldError};
use runtime::error::ApiError;

use crate::{
    commands::RulesError,
    domain::{CaseError, ReportError, rules::RuleError},
};

impl From<CaseError> for ApiError {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::TextChanged { current } => Self::new(
                ErrorCode::TextChanged,
                format!("The text is now revision {current}; read it and decide again."),
            )
            .about("revision"),
            CaseError::Deleted => deleted(),
        }
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::UnknownTarget => {
                Self::new(ErrorCode::NotFound, "There is no such comment or post.").about("target")
            }
            ReportError::Deleted => deleted(),
            ReportError::OwnContent => Self::new(
                ErrorCode::OwnContent,
                "This is your own content; you can delete it.",
            )
            .about("target"),
            ReportError::AlreadyReported => Self::new(
                ErrorCode::AlreadyExists,
                "You have already reported it with another reason or note; a moderator will review it.",
            ),
        }
    }
}

impl From<RulesError> for ApiError {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Invalid(errors) => Self::validation(errors.into_iter().map(field).collect()),
            RulesError::Store(error) => error.into(),
        }
    }
}

fn deleted() -> ApiError {
    ApiError::new(ErrorCode::Gone, "The comment or post was deleted.")
}

fn field(error: RuleError) -> FieldError {
    FieldError {
        field: Some(format!("rules.{}", error.field)),
        message: error.message,
        code: ErrorCode::InvalidValue,
    }
}
