//! Following and unfollowing.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use common::ids::UserId;
use runtime::{
    error::ApiError,
    http::{Path, ProblemResponses, WriteContext},
};

use crate::commands::Commands;

/// Follow a user
///
/// Idempotent.
#[utoipa::path(put, path = "/api/users/{id}/follow", tag = "follow",
    params(("id" = UserId, Path, description = "The user to follow")),
    responses((status = 204, description = "Followed"), (status = 422, description = "The user's own id"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn follow(
    State(commands): State<Arc<Commands>>,
    context: WriteContext,
    Path(id): Path<UserId>,
) -> Result<Response, ApiError> {
    let follow = commands.follow(context.user.id, id, &context.cause).await?;
    Ok(match follow {
        Some(follow) => context.no_content(follow.token()),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Unfollow a user
///
/// Idempotent; unfollowing a user that was never followed also returns 204.
#[utoipa::path(delete, path = "/api/users/{id}/follow", tag = "follow",
    params(("id" = UserId, Path, description = "The user to unfollow")),
    responses((status = 204, description = "Not followed"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn unfollow(
    State(commands): State<Arc<Commands>>,
    context: WriteContext,
    Path(id): Path<UserId>,
) -> Result<Response, ApiError> {
    let follow = commands.unfollow(context.user.id, id, &context.cause).await?;
    Ok(match follow {
        Some(follow) => context.no_content(follow.token()),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
