//! The API under `/api/posts`: parse, command, respond. Rules of content are the domain's.

mod body;
mod mine;
mod posts;
mod reactions;
mod revisions;

use axum::Router;
use common::{auth::CurrentUser, http::RequestContext, http::with_openapi, store::Cause};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// Every route, and the document that describes them.
pub fn router() -> Router<App> {
    let routes = OpenApiRouter::new()
        .routes(routes!(posts::create))
        .routes(routes!(mine::mine))
        .routes(routes!(posts::source, posts::edit, posts::delete))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::one))
        .routes(routes!(reactions::react, reactions::take_back));
    with_openapi(
        routes,
        "/api/posts",
        "Inkstream posts",
        "Authors write, publish, plan and delete their posts, and everybody reacts to published ones. \
         Readers read from the query service.",
    )
}

/// Why whatever comes of the request comes.
fn cause(user: &CurrentUser, request: RequestContext) -> Cause {
    Cause::user(user.id, request.correlation_id, request.traceparent)
}
