//! The API under `/api/moderation`: parse, ask a command, answer.

mod cases;
mod queue;
mod reports;
mod rules;
mod views;

use axum::Router;
use runtime::{
    auth::CurrentUser,
    http::{RequestContext, with_openapi},
    store::Cause,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// Where the API is.
const PREFIX: &str = "/api/moderation";

/// The routes, and their description at `/api/moderation/openapi.json`.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(queue::list))
        .routes(routes!(cases::comment, cases::decide_comment))
        .routes(routes!(cases::post, cases::decide_post))
        .routes(routes!(reports::file))
        .routes(routes!(reports::mine))
        .routes(routes!(rules::get, rules::put))
        .routes(routes!(rules::history))
        .routes(routes!(rules::revision))
        .routes(routes!(rules::try_out));
    let description =
        "Verdicts on comments and posts, the queue of those that wait for one, reports and rules.";
    with_openapi(router, PREFIX, "Inkstream moderation", description).with_state(state)
}

fn cause(user: &CurrentUser, context: RequestContext) -> Cause {
    Cause::user(user.id, context.correlation_id, context.traceparent)
}
