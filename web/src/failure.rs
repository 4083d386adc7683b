//! What a page cannot do, and the page that says so.
//!
//! A handler returns a [`Failure`] (or lets `?` make one of what a service answered); [`dress`](crate::dress) renders
//! it, with header and footer and in the visitor's theme, in one place for all pages.

use std::time::Duration;

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use common::api::Problem;
use runtime::error::ApiError;

use crate::{
    api::{Part, Trouble},
    document::{Audience, Document},
    filters,
    page::Page,
    visit::Visit,
};

/// What handlers of pages answer.
pub type PageResult = Result<Response, Failure>;

/// Why there is no page.
#[derive(Debug, Clone)]
pub enum Failure {
    /// There is no such thing; the word names it, e.g. `post`.
    NotFound(&'static str),
    /// Nobody is signed in, and this needs somebody.
    SignIn,
    /// A part of the platform does not answer.
    Away(Part),
    /// What a service, or one of our own checks, had against it.
    Problem(Box<Problem>, Option<Duration>),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        if error.code().status() >= 500 {
            tracing::error!(error = common::error::chain(&error), "a page failed");
        }
        let wait = error.retry_wait();
        Self::Problem(Box::new(runtime::http::problem_of(&error)), wait)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(part) => Self::Away(part),
            Trouble::Problem(problem, wait) => Self::Problem(problem, wait),
        }
    }
}

impl Failure {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Problem(problem, _) => {
                StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// As a page for `visit`. Who has to sign in first is sent to do so, and comes back after.
    pub async fn page(&self, visit: &Visit) -> Response {
        let status = self.status();
        if status == StatusCode::UNAUTHORIZED {
            return visit.to_sign_in();
        }
        let words = self.words();
        let template = ErrorPage {
            page: visit.page(words.title).not_indexed(),
            status: status.as_u16(),
            trace_id: self.trace_id(),
            words,
        };
        let mut response = match Document::page(&template, Audience::Once) {
            Ok(document) => document.respond(status, visit.headers()).await,
            // Nothing is left to say it with.
            Err(_) => return status.into_response(),
        };
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }

    fn retry_after(&self) -> Option<HeaderValue> {
        match self {
            Self::Away(_) => Some(HeaderValue::from_static("5")),
            Self::Problem(_, wait) => wait.map(|wait| HeaderValue::from(wait.as_secs().max(1))),
            _ => None,
        }
    }

    /// Worth telling only where the fault is ours: it finds the request in the logs.
    fn trace_id(&self) -> Option<String> {
        match self {
            Self::Problem(problem, _) if problem.status >= 500 => Some(problem.trace_id.clone()),
            _ => None,
        }
    }

    fn words(&self) -> Words {
        match self {
            Self::NotFound(what) => Words::new(
                "Not found",
                format!("This {what} doesn't exist or is no longer available."),
            ),
            Self::SignIn => Words::new("Sign in required", "You need to sign in to see this page."),
            Self::Away(part) => Words::new(part.resting(), part.meanwhile()),
            Self::Problem(problem, _) => match problem.status {
                403 => Words::new("Not allowed", problem.detail.clone()),
                404 => Words::new("Not found", "This page doesn't exist or is no longer available."),
                405 => Words::new(
                    "Method not allowed",
                    "This address doesn't support that kind of request.",
                ),
                410 => Words::new("Deleted", "This has been permanently deleted."),
                413 => Words::new("Too large", problem.detail.clone()),
                429 => Words::new("Too many requests", problem.detail.clone()),
                503 => Words::new("Temporarily unavailable", problem.detail.clone()),
                status if status >= 500 => Words::new(
                    "Something went wrong",
                    "The problem is on our side and has been logged. Please try again.",
                ),
                _ => Words::new("Invalid request", problem.detail.clone()),
            },
        }
    }
}

#[derive(Debug)]
struct Words {
    title: &'static str,
    text: String,
}

impl Words {
    fn new(title: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { title, text }
    }
}

/// The failure travels in the answer's extensions to [`dress`](crate::dress), which knows the visitor.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        // Otherwise the layers of every service would take it for an error without a body of its own.
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    words: Words,
    trace_id: Option<String>,
}
