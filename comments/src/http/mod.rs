//! The API under `/api/comments`: parse, ask a command, answer.

mod comments;
mod responses;

use axum::{Router, extract::FromRef};
use runtime::{auth::Verifier, http::with_openapi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::commands::Commands;

/// Where the API is.
const PREFIX: &str = "/api/comments";

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// What can be asked.
    pub commands: Commands,
    /// Tells who asks.
    pub verifier: Verifier,
}

/// The routes, and their description at `/api/comments/openapi.json`.
pub fn router(state: AppState) -> Router {
    let routes = OpenApiRouter::new()
        .routes(routes!(comments::create))
        .routes(routes!(comments::mine))
        .routes(routes!(comments::get, comments::edit, comments::delete));
    let description = "Comments on posts, in threads. Read the comments of a post from query.";
    with_openapi(routes, PREFIX, "Inkstream comments", description).with_state(state)
}
