//! Why there is no page.
//!
//! A handler returns a [`PageError`], or `?` converts the error of a call into one. The
//! [middleware](crate::middleware::finalize) renders all of them as pages.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use common::{api::Problem, error::ErrorCode};

use crate::{
    api::{ApiError, Backend},
    redirect,
};

/// The result of a page's handler.
pub type PageResult = Result<Response, PageError>;

/// Why there is no page.
#[derive(Debug, Clone)]
pub enum PageError {
    /// The thing with this name does not exist, e.g. `post`.
    NotFound(&'static str),
    /// The page needs a signed-in user.
    SignIn,
    /// The page has moved to this path. The status is 301 for a page, and 308 for a form, which the browser then sends to
    /// the new path.
    Moved(StatusCode, String),
    /// A service is unavailable.
    Unavailable(Backend),
    /// A service or this one refused the request.
    Problem(Box<Problem>, Option<Duration>),
}

impl From<runtime::error::ApiError> for PageError {
    fn from(error: runtime::error::ApiError) -> Self {
        if error.code().status() >= 500 {
            tracing::error!(error = common::error::chain(&error), "a page failed");
        }
        let wait = error.retry_wait();
        Self::Problem(Box::new(runtime::http::problem_of(&error)), wait)
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unavailable(backend) => Self::Unavailable(backend),
            ApiError::Problem(problem, wait) => Self::Problem(problem, wait),
        }
    }
}

impl PageError {
    /// 500 because of `source`, which is logged.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        runtime::error::ApiError::internal(source).into()
    }

    /// Names the missing thing if `error` is 404, e.g. `post`.
    pub fn not_found(error: ApiError, what: &'static str) -> Self {
        if error.is(ErrorCode::NotFound) {
            Self::NotFound(what)
        } else {
            error.into()
        }
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Moved(status, _) => *status,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Problem(problem, _) => {
                StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// The value of `Retry-After`.
    pub fn retry_after(&self) -> Option<HeaderValue> {
        match self {
            Self::Unavailable(_) => Some(HeaderValue::from_static("5")),
            Self::Problem(_, wait) => wait.map(|wait| HeaderValue::from(wait.as_secs().max(1))),
            _ => None,
        }
    }
}

/// The error is in the response's extensions, for the middleware that renders it for the visitor.
impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        if let Self::Moved(status, path) = &self {
            return redirect::to(*status, path, redirect::REVALIDATE);
        }
        let mut response = self.status().into_response();
        // Otherwise the middleware of every service would add a problem document.
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        response.extensions_mut().insert(self);
        response
    }
}
