//! Following people.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::ids::UserId;
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Path, ProblemResponses},
    store::Stored,
};

use super::writing::Writing;
use crate::commands::Commands;

/// Follow somebody
///
/// Doing it twice is doing it once.
#[utoipa::path(put, path = "/api/users/{id}/follow", tag = "follow",
    params(("id" = UserId, Path, description = "Whom to follow")),
    responses((status = 204, description = "Followed"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn follow(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    writing: Writing,
    Path(id): Path<UserId>,
) -> Result<impl IntoResponse, ApiError> {
    let follow = commands.follow(&user, id, &writing.context).await?;
    let written = follow
        .as_ref()
        .map(Stored::token)
        .map(|token| writing.wrote(token));
    Ok((StatusCode::NO_CONTENT, written, ()))
}

/// Follow somebody no more
///
/// Doing it twice is doing it once; whoever was never followed is no error.
#[utoipa::path(delete, path = "/api/users/{id}/follow", tag = "follow",
    params(("id" = UserId, Path, description = "Whom to follow no more")),
    responses((status = 204, description = "Not followed"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn unfollow(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    writing: Writing,
    Path(id): Path<UserId>,
) -> Result<impl IntoResponse, ApiError> {
    let follow = commands.unfollow(&user, id, &writing.context).await?;
    let written = follow
        .as_ref()
        .map(Stored::token)
        .map(|token| writing.wrote(token));
    Ok((StatusCode::NO_CONTENT, written, ()))
}
