//! The API under `/api/posts`: parse, command, respond. The rules for the content of posts are in the domain.

mod mine;
mod posts;
mod reactions;
mod responses;
mod revisions;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// All routes, and their OpenAPI document.
pub fn routes(state: AppState) -> Router {
    let routes = OpenApiRouter::new()
        .routes(routes!(posts::create))
        .routes(routes!(mine::list))
        .routes(routes!(posts::source, posts::update, posts::delete))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::get))
        .routes(routes!(reactions::react, reactions::remove));
    with_openapi(
        routes,
        "/api/posts",
        "Inkstream posts",
        "Authors write, publish, schedule and delete their posts, and users react to published posts. \
         Readers read from the query service.",
    )
    .with_state(state)
}
