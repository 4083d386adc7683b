//! The API under `/api/posts`: parse, command, respond. Rules of content are the domain's.

mod body;
mod mine;
mod posts;
mod reactions;
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
        .routes(routes!(mine::mine))
        .routes(routes!(posts::source, posts::edit, posts::delete))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::one))
        .routes(routes!(reactions::react, reactions::take_back));
    with_openapi(
        router,
        "/api/posts",
        "Inkstream posts",
        "Authors write, publish, plan and delete their posts, and everybody reacts to published ones. \
         Readers read from the query service.",
    )
    .with_state(state)
}
