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

use crate::app::App;

/// Every route, and the document that describes them.
pub fn router() -> Router<App> {
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
        "Authors write, publish, plan and delete their posts, and everybody reacts to published ones. \
         Readers read from the query service.",
    )
}
