//! The user's own account.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::api::users::{
    ChangePasswordRequest, CurrentUserResponse, DeleteAccountRequest, OwnUser, UpdateProfileRequest,
};
use runtime::{
    auth::{CurrentUser, MaybeUser},
    error::ApiError,
    http::{ETag, IfMatch, Json, ProblemResponses, WriteContext},
};

use super::responses::{SessionCookie, own_user};
use crate::commands::{Commands, Device};

/// Get the signed-in user
///
/// The cookie is renewed after half of its lifetime, and when the user name or role has changed.
#[utoipa::path(get, path = "/api/users/currentuser", tag = "account",
    responses((status = 200, body = CurrentUserResponse), ProblemResponses),
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
        let signed_out = CurrentUserResponse {
            current_user: None,
            token: None,
        };
        return Ok((None, cookie.present.then(|| cookie.remove()), Json(signed_out)));
    };
    let (in_body, in_cookie) = if cookie.bearer {
        (current.token, None)
    } else {
        (None, current.token)
    };
    let body = CurrentUserResponse {
        current_user: Some(own_user(&current.account)),
        token: in_body,
    };
    let set_cookie = in_cookie.map(|token| cookie.set(&token));
    Ok((Some(ETag(current.account.version)), set_cookie, Json(body)))
}

/// Update your profile
///
/// A new user name also sets a new cookie. A new e-mail address requires the password.
#[utoipa::path(patch, path = "/api/users/me", tag = "account", request_body = UpdateProfileRequest, params(IfMatch),
    responses((status = 200, body = OwnUser), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn update(
    State(commands): State<Arc<Commands>>,
    context: WriteContext,
    IfMatch(if_match): IfMatch,
    cookie: SessionCookie,
    device: Device,
    Json(request): Json<UpdateProfileRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let (user, cause) = (&context.user, &context.cause);
    let updated = commands
        .update_profile(user, if_match, &request, device.limit_key, cause)
        .await?;
    let token = updated.token.filter(|_| !cookie.bearer);
    let set_cookie = token.map(|token| cookie.set(&token));
    let account = updated.account;
    Ok((set_cookie, context.updated(account.token(), own_user(&account))))
}

/// Change your password
///
/// All other sessions end.
#[utoipa::path(put, path = "/api/users/me/password", tag = "account", request_body = ChangePasswordRequest,
    responses((status = 204, description = "Changed"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn change_password(
    State(commands): State<Arc<Commands>>,
    user: CurrentUser,
    device: Device,
    Json(request): Json<ChangePasswordRequest>,
) -> Result<StatusCode, ApiError> {
    let (current, new) = (&request.current_password, &request.new_password);
    commands
        .change_password(&user, current, new, device.limit_key)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete your account
///
/// Your posts are deleted, your comments become anonymous, follows end, and the user name becomes available.
#[utoipa::path(delete, path = "/api/users/me", tag = "account", request_body = DeleteAccountRequest, params(IfMatch),
    responses((status = 204, description = "Deleted"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn delete(
    State(commands): State<Arc<Commands>>,
    context: WriteContext,
    IfMatch(if_match): IfMatch,
    cookie: SessionCookie,
    device: Device,
    Json(request): Json<DeleteAccountRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let (user, cause) = (&context.user, &context.cause);
    let written = commands
        .delete_account(user, if_match, &request.password, device.limit_key, cause)
        .await?;
    Ok((cookie.remove(), context.no_content(written)))
}
