//! The API under `/api/posts`: parse, command, respond. Rules of content are the domain's.

mod mine;
mod posts;
mod reactions;
mod responses;
mod revisions;
mod writing;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// Every route, and the document that describes them.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(posts::create))
        .routes(routes!(mine::list))
        .routes(routes!(posts::source, posts::update, posts::delete))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::get))
        .routes(routes!(reactions::react, reactions::remove));
    with_openapi(
        router,
        "/api/posts",
        "Inkstream posts",
        "Authors write, publish, plan and delete their posts, and everybody reacts to published ones. \
         Readers read from the query service.",
    )
    .with_state(state)
}
