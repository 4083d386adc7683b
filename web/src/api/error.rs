//! Why a call returned no value.

use std::time::Duration;

use common::{api::Problem, error::ErrorCode};

use super::Backend;

/// Why a call returned no value.
#[derive(Debug, Clone)]
pub enum ApiError {
    /// The service responded with a problem document, and perhaps with the time to wait before a retry.
    Problem(Box<Problem>, Option<Duration>),
    /// The service did not respond, or responded that it is unavailable.
    Unavailable(Backend),
}

impl ApiError {
    /// Whether it is a problem with this code.
    pub fn is(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Problem(problem, _) if problem.kind.rsplit(':').next() == Some(code.as_str()))
    }

    /// The HTTP status of a problem.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem, _) => Some(problem.status),
            Self::Unavailable(_) => None,
        }
    }

    /// An error between the services: it is logged, and the visitor receives no details.
    pub(super) fn internal() -> Self {
        let error = runtime::error::ApiError::new(ErrorCode::Internal, "Something went wrong on our side.");
        Self::Problem(Box::new(runtime::http::problem_of(&error)), None)
    }
}
