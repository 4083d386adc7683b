//! The user's own sessions.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::{
    api::{Page, users::SessionEntry},
    ids::SessionId,
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, PageParams, Path, ProblemResponses, page_of},
};

use super::responses::SessionCookie;
use crate::commands::Commands;

/// List your sessions, newest first
#[utoipa::path(get, path = "/api/users/me/sessions", tag = "session", params(PageParams),
    responses((status = 200, body = Page<SessionEntry>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn list(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    page: PageParams,
) -> Result<Json<Page<SessionEntry>>, ApiError> {
    let sessions = commands.sessions(user.id, page.after()?, page.limit + 1).await?;
    let page = page_of(sessions, page.limit, |session| session.id);
    Ok(Json(page.map(|session| SessionEntry {
        id: session.id,
        created_at: session.created_at,
        renewed_at: session.renewed_at,
        expires_at: session.expires_at(),
        current: session.id == user.session_id,
        user_agent: session.user_agent,
        address: session.address,
    })))
}

/// End one of your sessions
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
