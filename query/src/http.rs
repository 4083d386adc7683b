//! The routes below `/api/query`: each handler parses its parameters and responds with a [read](crate::reads).

mod comments;
mod live;
mod parameters;
mod posts;
mod preview;
mod response;
mod tags;
mod users;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// All routes, and their description at `/api/query/openapi.json`.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(posts::list))
        .routes(routes!(posts::show))
        .routes(routes!(posts::feed))
        .routes(routes!(posts::sitemap))
        .routes(routes!(posts::following))
        .routes(routes!(comments::list))
        .routes(routes!(users::list))
        .routes(routes!(users::show))
        .routes(routes!(users::viewer))
        .routes(routes!(tags::list))
        .routes(routes!(tags::archive))
        .routes(routes!(live::stream))
        .routes(routes!(preview::render));
    let description = "Public content, joined and rendered. A request with consistency tokens (header \
        `Consistency-Token` or the cookie) waits up to 2 s until the response contains the versions in the tokens; \
        otherwise the response has the header `Stale: true`. Public responses are cached in memory and have an \
        entity tag; personal responses are `private`.";
    with_openapi(router, "/api/query", "Inkstream: query", description).with_state(state)
}
