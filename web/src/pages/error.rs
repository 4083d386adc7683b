//! The page of an error.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};

use runtime::error::ApiError;

use crate::{
    document::{Audience, Document},
    error::PageError,
    filters,
    page::Page,
    request::PageRequest,
    url::local_path,
};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    text: String,
    /// Shown for internal errors only: it finds the request in the logs.
    trace_id: Option<String>,
}

/// The error as a page for the visitor. If it needs a signed-in user, redirects to the sign-in page and back.
pub async fn render(error: &PageError, request: &PageRequest) -> Response {
    let status = error.status();
    if status == StatusCode::UNAUTHORIZED {
        return request.redirect_to_sign_in();
    }
    let (title, text) = message(error);
    let template = ErrorPage {
        page: request.page(title).not_indexed(),
        status: status.as_u16(),
        text,
        trace_id: match error {
            PageError::Problem(problem, _) if problem.status >= 500 => Some(problem.trace_id.clone()),
            _ => None,
        },
    };
    let mut response = match Document::page(&template, Audience::Uncached) {
        Ok(document) => document.respond(status, request.headers()).await,
        Err(_) => return status.into_response(),
    };
    if let Some(wait) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

/// An unknown path. No path of this site has a trailing slash.
pub async fn unknown(request: PageRequest) -> Response {
    let path = request.path();
    match local_path(path.trim_end_matches('/')) {
        Some(trimmed) if trimmed.len() < path.len() => {
            request.moved(trimmed, path.matches('/').count()).into_response()
        }
        _ => ApiError::not_found("page").into_response(),
    }
}

/// The title and the text.
fn message(error: &PageError) -> (&'static str, String) {
    let (title, text) = match error {
        PageError::NotFound(what) => {
            let text = format!("This {what} doesn't exist or is no longer available.");
            return ("Not found", text);
        }
        PageError::SignIn => ("Sign in required", "You need to sign in to see this page."),
        PageError::Moved(..) => ("Moved", "This page has another address now."),
        PageError::Unavailable(backend) => (backend.unavailable(), backend.meanwhile()),
        PageError::Problem(problem, _) => match problem.status {
            403 => ("Not allowed", problem.detail.as_str()),
            404 => ("Not found", "This page doesn't exist or is no longer available."),
            405 => (
                "Method not allowed",
                "This address doesn't support that kind of request.",
            ),
            410 => ("Deleted", "This has been permanently deleted."),
            413 => ("Too large", problem.detail.as_str()),
            429 => ("Too many requests", problem.detail.as_str()),
            503 => ("Temporarily unavailable", problem.detail.as_str()),
            500.. => (
                "Something went wrong",
                "The problem is on our side and has been logged. Please try again.",
            ),
            _ => ("Invalid request", problem.detail.as_str()),
        },
    };
    (title, text.to_owned())
}
