//! The API under `/api/comments`: parse, run a command, respond.

mod comments;
mod responses;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The prefix of every route.
const PREFIX: &str = "/api/comments";

/// The routes, and their description at `/api/comments/openapi.json`.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(comments::create))
        .routes(routes!(comments::own))
        .routes(routes!(comments::get, comments::edit, comments::delete));
    let description =
        "Comments on posts, in threads. The comments of a post are read from the query service.";
    with_openapi(router, PREFIX, "Inkstream comments", description).with_state(state)
}
