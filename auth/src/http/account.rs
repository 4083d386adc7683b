//! One's own account.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use runtime::{
    auth::{CurrentUser, MaybeUser},
    config::Secret,
    error::ApiError,
    http::{ETag, IfMatch, Json, ProblemResponses},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    answers::{OwnUser, SessionCookie, given, version},
    writing::{Origin, Writing},
};
use crate::commands::{Commands, ProfilePatch};

/// Whoever is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct CurrentUserAnswer {
    /// `null` if nobody is
    #[serde(rename = "currentUser")]
    #[schema(required = true)]
    current_user: Option<OwnUser>,
    /// A new token, for a client that sent the old one as bearer token and whose name, role or half of its life
    /// has changed
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    token: Option<String>,
}

/// What to change; what is absent stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateBody {
    /// Another user name
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, nullable = false)]
    username: Option<String>,
    /// Another name to be shown
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, nullable = false)]
    name: Option<String>,
    /// Other words
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, nullable = false)]
    bio: Option<String>,
    /// Another e-mail address; needs `password`
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, nullable = false)]
    email: Option<String>,
    /// The present password
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, nullable = false, value_type = String, format = Password)]
    password: Option<Secret>,
}

/// A password for another.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    /// The present one
    #[schema(value_type = String, format = Password)]
    current_password: Secret,
    /// The new one: 8 to 128 characters, not a common one
    #[schema(value_type = String, format = Password)]
    new_password: Secret,
}

/// Proof that the account is one's own.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteBody {
    /// The password
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Who is signed in
///
/// Past half of the session's life, and when name or role have changed, the cookie is renewed.
#[utoipa::path(get, path = "/api/users/currentuser", tag = "account",
    responses((status = 200, body = CurrentUserAnswer), ProblemResponses),
    security((), ("session" = []), ("bearer" = [])))]
pub(super) async fn currentuser(
    State(commands): State<Arc<Commands>>,
    MaybeUser(user): MaybeUser,
    cookie: SessionCookie,
) -> Result<impl IntoResponse, ApiError> {
    let current = match &user {
        Some(user) => commands.current(user).await?,
        None => None,
    };
    let Some(current) = current else {
        let nobody = CurrentUserAnswer {
            current_user: None,
            token: None,
        };
        return Ok((None, cookie.present.then(|| cookie.remove()), Json(nobody)));
    };
    let (as_bearer, as_cookie) = if cookie.bearer {
        (current.token, None)
    } else {
        (None, current.token)
    };
    let body = CurrentUserAnswer {
        current_user: Some(OwnUser::from(&current.account)),
        token: as_bearer,
    };
    let set_cookie = as_cookie.map(|token| cookie.set(&token));
    Ok((Some(ETag(version(&current.account))), set_cookie, Json(body)))
}

/// Change one's own profile
///
/// Another user name comes with a new cookie. Another e-mail address needs the password.
#[utoipa::path(patch, path = "/api/users/me", tag = "account", request_body = UpdateBody,
    params(("If-Match" = Option<String>, Header, description = "The version to change, in quotes")),
    responses((status = 200, body = OwnUser), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn update(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    if_match: IfMatch,
    cookie: SessionCookie,
    writing: Writing,
    Json(body): Json<UpdateBody>,
) -> Result<impl IntoResponse, ApiError> {
    let patch = ProfilePatch {
        username: body.username,
        name: body.name,
        bio: body.bio,
        email: body.email,
        password: body.password,
    };
    let updated = commands
        .update_profile(
            &user,
            if_match.0,
            patch,
            writing.device.limit_key,
            &writing.context,
        )
        .await?;
    let token = updated.token.filter(|_| !cookie.bearer);
    Ok((
        ETag(version(&updated.account)),
        writing.wrote(updated.consistency),
        token.map(|token| cookie.set(&token)),
        Json(OwnUser::from(&updated.account)),
    ))
}

/// Change one's own password
///
/// Every other session ends.
#[utoipa::path(put, path = "/api/users/me/password", tag = "account", request_body = PasswordBody,
    responses((status = 204, description = "Changed"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn change_password(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    Origin(device): Origin,
    Json(body): Json<PasswordBody>,
) -> Result<StatusCode, ApiError> {
    let (current, new) = (&body.current_password, &body.new_password);
    commands
        .change_password(&user, current, new, device.limit_key)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete one's own account
///
/// Posts go with it, comments lose their author's name, follows end, and the user name is free again.
#[utoipa::path(delete, path = "/api/users/me", tag = "account", request_body = DeleteBody,
    params(("If-Match" = Option<String>, Header, description = "The version to delete, in quotes")),
    responses((status = 204, description = "Deleted"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn delete(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    if_match: IfMatch,
    cookie: SessionCookie,
    writing: Writing,
    Json(body): Json<DeleteBody>,
) -> Result<impl IntoResponse, ApiError> {
    let consistency = commands
        .delete_account(
            &user,
            if_match.0,
            &body.password,
            writing.device.limit_key,
            &writing.context,
        )
        .await?;
    Ok((
        StatusCode::NO_CONTENT,
        writing.wrote(consistency),
        cookie.remove(),
        (),
    ))
}
