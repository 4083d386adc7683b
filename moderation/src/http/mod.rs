//! The API under `/api/moderation`: parse, ask a command, answer.

mod cases;
mod queue;
mod reports;
mod responses;
mod rules;

use axum::{Router, extract::FromRef};
use runtime::{
    auth::{CurrentUser, Verifier},
    http::{RequestContext, with_openapi},
    store::Cause,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::commands::Commands;

/// Where the API is.
const PREFIX: &str = "/api/moderation";

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// What can be asked.
    pub commands: Commands,
    /// Tells who asks.
    pub verifier: Verifier,
}

/// The routes, and their description at `/api/moderation/openapi.json`.
pub fn router(state: AppState) -> Router {
    let routes = OpenApiRouter::new()
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
    with_openapi(routes, PREFIX, "Inkstream moderation", description).with_state(state)
}

fn cause(user: &CurrentUser, context: RequestContext) -> Cause {
    Cause::user(user.id, context.correlation_id, context.traceparent)
}
