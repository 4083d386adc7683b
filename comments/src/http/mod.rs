//! The API under `/api/comments`: parse, ask a command, answer.

mod comments;
mod views;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// Where the API is.
const PREFIX: &str = "/api/comments";

/// The routes, and their description at `/api/comments/openapi.json`.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(comments::create))
        .routes(routes!(comments::mine))
        .routes(routes!(comments::get, comments::edit, comments::delete));
    let description = "Comments on posts, in threads. Read the comments of a post from query.";
    with_openapi(router, PREFIX, "Inkstream comments", description).with_state(state)
}
