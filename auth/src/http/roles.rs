//! Assigning roles.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use common::{
    api::users::{PublicUser, SetRoleRequest},
    ids::UserId,
};
use runtime::{
    auth::Admin,
    error::ApiError,
    http::{ETag, IfMatch, Json, Path, ProblemResponses},
    store::Cause,
};

use super::{responses::public_user, writing::Writing};
use crate::commands::Commands;

/// Assign a role to a user
///
/// Administrators only; nobody can change their own role. A lower role ends all sessions of the user.
#[utoipa::path(put, path = "/api/users/{id}/role", tag = "role", request_body = SetRoleRequest,
    params(("id" = UserId, Path, description = "The user"),
        ("If-Match" = Option<String>, Header, description = "The expected version, in quotes")),
    responses((status = 200, body = PublicUser), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn set(
    State(commands): State<Arc<Commands>>,
    Admin(admin): Admin,
    if_match: IfMatch,
    writing: Writing,
    Path(id): Path<UserId>,
    Json(request): Json<SetRoleRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let context = writing.context.clone();
    let cause = Cause::user(admin.id, context.correlation_id, context.traceparent);
    let stored = commands
        .set_role(admin.id, id, request.role.into(), if_match.0, &cause)
        .await?;
    Ok((
        ETag(stored.version),
        writing.wrote(stored.token()),
        Json(public_user(&stored.state.0)),
    ))
}
