//! Assigning roles.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use common::{
    api::users::{PublicUser, SetRoleRequest},
    ids::UserId,
};
use runtime::{
    auth::Admin,
    error::ApiError,
    http::{IfMatch, Json, Path, ProblemResponses, WriteContext},
};

use super::responses::public_user;
use crate::commands::Commands;

/// Assign a role to a user
///
/// For administrators; users cannot change their own role. A lower role ends all sessions of the user.
#[utoipa::path(put, path = "/api/users/{id}/role", tag = "role", request_body = SetRoleRequest,
    params(("id" = UserId, Path, description = "The user"), IfMatch),
    responses((status = 200, body = PublicUser), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn set(
    State(commands): State<Arc<Commands>>,
    context: WriteContext<Admin>,
    IfMatch(if_match): IfMatch,
    Path(id): Path<UserId>,
    Json(request): Json<SetRoleRequest>,
) -> Result<Response, ApiError> {
    let (Admin(admin), cause) = (&context.user, &context.cause);
    let stored = commands
        .set_role(admin.id, id, request.role.into(), if_match, cause)
        .await?;
    Ok(context.updated(stored.token(), public_user(&stored.state.0)))
}
