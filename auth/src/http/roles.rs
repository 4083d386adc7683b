//! Giving roles.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use common::{event::Role, ids::UserId};
use runtime::{
    auth::Admin,
    error::ApiError,
    http::{ETag, IfMatch, Json, Path, ProblemResponses},
    store::Cause,
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{answers::PublicUser, writing::Writing};
use crate::commands::Commands;

/// The role to give.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleBody {
    role: RoleName,
}

/// A role; unlike a reader of events, this takes none that it does not know.
#[derive(Deserialize, Clone, Copy, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RoleName {
    Author,
    Moderator,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Author => Self::Author,
            RoleName::Moderator => Self::Moderator,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// Give somebody a role
///
/// For administrators, and not for their own role. A lower role ends all sessions of that user.
#[utoipa::path(put, path = "/api/users/{id}/role", tag = "role", request_body = RoleBody,
    params(("id" = UserId, Path, description = "Who gets it"),
        ("If-Match" = Option<String>, Header, description = "The version to change, in quotes")),
    responses((status = 200, body = PublicUser), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn set(
    State(commands): State<Arc<Commands>>,
    Admin(admin): Admin,
    if_match: IfMatch,
    writing: Writing,
    Path(id): Path<UserId>,
    Json(body): Json<RoleBody>,
) -> Result<impl IntoResponse, ApiError> {
    let context = writing.context.clone();
    let cause = Cause::user(admin.id, context.correlation_id, context.traceparent);
    let stored = commands
        .set_role(admin.id, id, body.role.into(), if_match.0, &cause)
        .await?;
    Ok((
        ETag(stored.version),
        writing.wrote(stored.token()),
        Json(PublicUser::from(&stored.state.0)),
    ))
}
