//! Previews of what is being written, by the renderer that published posts pass.

use std::time::Duration;

use axum::extract::State;
use common::{
    api::query::{Preview, PreviewRequest},
    error::ErrorCode,
};
use runtime::{
    error::ApiError,
    http::{Json, ProblemResponses},
};
use tokio::time::timeout;

use crate::{render, state::AppState};

/// How long a preview waits for its turn.
const TURN: Duration = Duration::from_secs(5);

/// Renders a body as a published post would be.
#[utoipa::path(post, path = "/api/query/preview", request_body = PreviewRequest, tag = "posts",
    responses((status = 200, body = Preview), ProblemResponses))]
pub(super) async fn render(
    State(app): State<AppState>,
    Json(PreviewRequest { body }): Json<PreviewRequest>,
) -> Result<Json<Preview>, ApiError> {
    let busy = || {
        ApiError::new(
            ErrorCode::Unavailable,
            "Too many previews at this moment; try again shortly.",
        )
        .retry_after(Duration::from_secs(1))
    };
    let turn = timeout(TURN, app.previews.acquire_owned()).await;
    let turn = turn
        .map_err(|elapsed| busy().with_source(elapsed))?
        .map_err(|closed| busy().with_source(closed))?;
    let rendered = tokio::task::spawn_blocking(move || {
        // Kept until the work is done, even if the client has gone meanwhile.
        let _turn = turn;
        render::render_post(&body)
    });
    let rendered = rendered.await.map_err(ApiError::internal)?;
    Ok(Json(Preview {
        html: rendered.html,
        toc: render::headings(rendered.toc),
        words: rendered.words,
        reading_minutes: rendered.reading_minutes,
    }))
}
