//! The API under `/api/moderation`: parse, ask a command, answer.

use axum::{Router, extract::FromRef};
use common::{auth::Verifier, http::with_openapi};
use utoipa_axum::router::OpenApiRouter;

/// Where the API is.
const PREFIX: &str = "/api/moderation";

/// What the handlers share.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// Tells who asks.
    pub verifier: Verifier,
}

/// The routes, and their description at `/api/moderation/openapi.json`.
pub fn router(state: AppState) -> Router {
    let description =
        "Verdicts on comments and posts, the queue of those that wait for one, reports and rules.";
    with_openapi(OpenApiRouter::new(), PREFIX, "Inkstream moderation", description).with_state(state)
}
