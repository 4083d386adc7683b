//! Where one is signed in.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::{api::Page, event::Timestamp, ids::SessionId};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, PageParams, Path, ProblemResponses, page_of},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::SessionCookie;
use crate::commands::Commands;

/// One sign-in on one device.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionAnswer {
    id: SessionId,
    /// When it began
    created_at: Timestamp,
    /// When it was last prolonged
    renewed_at: Timestamp,
    /// When it ends by itself
    expires_at: Timestamp,
    /// What the browser said of itself, at most 200 characters
    user_agent: String,
    /// The client's address
    address: String,
    /// Whether it is the one that asks
    current: bool,
}

/// One's sessions, newest first
#[utoipa::path(get, path = "/api/users/me/sessions", tag = "session", params(PageParams),
    responses((status = 200, body = Page<SessionAnswer>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn list(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    page: PageParams,
) -> Result<Json<Page<SessionAnswer>>, ApiError> {
    let sessions = commands.sessions(&user, page.after()?, page.limit).await?;
    let page = page_of(sessions, page.limit, |session| session.id);
    Ok(Json(page.map(|session| SessionAnswer {
        id: session.id,
        created_at: session.created_at,
        renewed_at: session.renewed_at,
        expires_at: session.expires_at(),
        current: session.id == user.session_id,
        user_agent: session.user_agent,
        address: session.address,
    })))
}

/// End one of one's sessions
#[utoipa::path(delete, path = "/api/users/me/sessions/{id}", tag = "session",
    params(("id" = SessionId, Path, description = "The session")),
    responses((status = 204, description = "Ended"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn end(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    cookie: SessionCookie,
    Path(id): Path<SessionId>,
) -> Result<impl IntoResponse, ApiError> {
    commands.end_session(&user, id).await?;
    let own = id == user.session_id && cookie.present;
    Ok((StatusCode::NO_CONTENT, own.then(|| cookie.remove()), ()))
}
