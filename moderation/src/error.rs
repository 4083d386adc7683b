//! The domain's refusals in the words of the API.

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
                format!("Its text is revision {current} by now; look at that one and decide."),
            )
            .about("revision"),
            CaseError::Gone => gone(),
        }
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::UnknownTarget => {
                Self::new(ErrorCode::NotFound, "There is no such comment or post.").about("target")
            }
            ReportError::Gone => gone(),
            ReportError::OwnContent => {
                Self::new(ErrorCode::OwnContent, "You wrote it; you can delete it.").about("target")
            }
            ReportError::AlreadyReported => Self::new(
                ErrorCode::AlreadyExists,
                "You have reported it before, in other words; a moderator will look at it.",
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

fn gone() -> ApiError {
    ApiError::new(ErrorCode::Gone, "It was deleted.")
}

fn field(error: RuleError) -> FieldError {
    FieldError {
        field: Some(format!("rules.{}", error.field)),
        message: error.message,
        code: ErrorCode::InvalidValue,
    }
}
