//! The API under `/api/moderation`: parse, run a command, respond.

mod cases;
mod queue;
mod reports;
mod responses;
mod rules;

use axum::Router;
use runtime::http::with_openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The prefix of every route.
const PREFIX: &str = "/api/moderation";

/// The routes, and their description at `/api/moderation/openapi.json`.
pub fn routes(state: AppState) -> Router {
    let router = OpenApiRouter::new()
        .routes(routes!(queue::list))
        .routes(routes!(cases::comment, cases::decide_comment))
        .routes(routes!(cases::post, cases::decide_post))
        .routes(routes!(reports::file))
        .routes(routes!(reports::own))
        .routes(routes!(rules::get, rules::put))
        .routes(routes!(rules::history))
        .routes(routes!(rules::revision))
        .routes(routes!(rules::try_out));
    let description =
        "Verdicts on comments and posts, the queue of those held for review, reports and rules.";
    with_openapi(router, PREFIX, "Inkstream moderation", description).with_state(state)
}
