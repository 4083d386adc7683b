//! Previews of unpublished text, by the renderer of published posts.

use std::time::Duration;

use axum::extract::State;
use common::{
    api::query::{LeftOut, Preview, PreviewRequest},
    error::ErrorCode,
};
use content::Document;
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, ProblemResponses},
};
use tokio::time::timeout;

use crate::{render, state::AppState};

/// How long a preview is queued at most.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// Render a text as a published post
#[utoipa::path(post, path = "/api/query/preview", request_body = PreviewRequest, tag = "posts",
    responses((status = 200, body = Preview), (status = 401, description = "Not signed in"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn render(
    _user: CurrentUser,
    State(state): State<AppState>,
    Json(PreviewRequest { body }): Json<PreviewRequest>,
) -> Result<Json<Preview>, ApiError> {
    let busy = || {
        ApiError::new(
            ErrorCode::Unavailable,
            "Too many previews are being rendered; try again shortly.",
        )
        .retry_after(Duration::from_secs(1))
    };
    let permit = timeout(QUEUE_TIMEOUT, state.previews.acquire_owned()).await;
    let permit = permit
        .map_err(|elapsed| busy().with_source(elapsed))?
        .map_err(|closed| busy().with_source(closed))?;
    let rendered = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even if the client has disconnected.
        let _permit = permit;
        let document = Document::markdown(&body);
        (render::post(&document), document)
    });
    let (rendered, document) = rendered.await.map_err(ApiError::internal)?;
    let left_out = document.left_out().iter().map(|left_out| LeftOut {
        line: left_out.line,
        message: left_out.part.to_string(),
    });
    Ok(Json(Preview {
        html: rendered.html,
        toc: render::headings(rendered.toc),
        words: rendered.words,
        reading_minutes: rendered.reading_minutes,
        left_out: left_out.collect(),
    }))
}
