//! The routes below `/api/query`. Each file parses, asks [`reads`](crate::reads) through [`answer`], and responds.

mod answer;
mod comments;
mod filter;
mod following;
mod live;
mod posts;
mod preview;
mod tags;
mod users;
mod viewer;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// Every path of this service begins so.
pub const PREFIX: &str = "/api/query";

/// All routes, and their description at `/api/query/openapi.json`.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(posts::list))
        .routes(routes!(posts::show))
        .routes(routes!(posts::feed))
        .routes(routes!(posts::sitemap))
        .routes(routes!(comments::list))
        .routes(routes!(following::list))
        .routes(routes!(viewer::show))
        .routes(routes!(users::list))
        .routes(routes!(users::show))
        .routes(routes!(tags::list))
        .routes(routes!(tags::archive))
        .routes(routes!(live::stream))
        .routes(routes!(preview::render));
    let description = "Everything that readers see, joined and rendered. A request with consistency tokens (header \
        Consistency-Token or the cookie) waits up to 2 s until the answer shows what they name; if it does not by \
        then, the answer bears the header `Stale: true`. What is the same for everybody is kept in memory and has an \
        entity tag; what is one person's own is `private`.";
    with_openapi(router, PREFIX, "Inkstream: reading", description).with_state(state)
}
