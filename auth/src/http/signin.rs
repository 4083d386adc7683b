//! Signing up, in and out.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::api::users::{SignInRequest, SignInResponse, SignUpRequest, TokenResponse};
use runtime::{
    auth::MaybeUser,
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{ETag, Json, ProblemResponses, RequestContext},
};

use super::responses::{SessionCookie, own_user};
use crate::commands::{Commands, Device, SignedIn};

/// Sign up
///
/// Creates an account and signs the user in. The session cookie is set unless `token` requests a bearer token. There
/// is no `Idempotency-Key`: user names and e-mail addresses are unique, so a repeated request returns 409, and the
/// user can sign in.
#[utoipa::path(post, path = "/api/users/signup", tag = "session", request_body = SignUpRequest,
    responses((status = 201, body = SignInResponse),
        (status = 409, description = "The user name or the e-mail address is taken"), ProblemResponses))]
pub(super) async fn signup(
    State(commands): State<Arc<Commands>>,
    cookie: SessionCookie,
    context: RequestContext,
    tokens: ConsistencyTokens,
    device: Device,
    Json(request): Json<SignUpRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let signed_in = commands.sign_up(&request, device, &context).await?;
    let written = tokens.headers(signed_in.account.token());
    let response = respond(signed_in, cookie, request.token);
    Ok((StatusCode::CREATED, written, response))
}

/// Sign in
///
/// The session cookie is set unless `token` requests a bearer token. After five consecutive wrong passwords further
/// attempts are delayed: 429 with `Retry-After`.
#[utoipa::path(post, path = "/api/users/signin", tag = "session", request_body = SignInRequest,
    responses((status = 200, body = SignInResponse),
        (status = 401, description = "The user name, e-mail address or password is wrong"), ProblemResponses))]
pub(super) async fn signin(
    State(commands): State<Arc<Commands>>,
    device: Device,
    cookie: SessionCookie,
    Json(request): Json<SignInRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let signed_in = commands
        .sign_in(&request.login, &request.password, device)
        .await?;
    Ok(respond(signed_in, cookie, request.token))
}

fn respond(signed_in: SignedIn, cookie: SessionCookie, in_body: bool) -> impl IntoResponse {
    let etag = ETag(signed_in.account.version);
    let user = own_user(&signed_in.account);
    let set_cookie = (!in_body).then(|| cookie.set(&signed_in.token));
    let body = if in_body {
        SignInResponse::Token(TokenResponse {
            user,
            token: signed_in.token,
            expires_at: signed_in.expires_at,
        })
    } else {
        SignInResponse::User(user)
    };
    (etag, set_cookie, Json(body))
}

/// Sign out
///
/// Ends the session and removes the cookie. Signing out without a session or with an expired one also returns 204.
#[utoipa::path(post, path = "/api/users/signout", tag = "session",
    responses((status = 204, description = "Signed out"), ProblemResponses),
    security((), ("session" = []), ("bearer" = [])))]
pub(super) async fn signout(
    State(commands): State<Arc<Commands>>,
    user: Result<MaybeUser, ApiError>,
    cookie: SessionCookie,
) -> Result<impl IntoResponse, ApiError> {
    // An invalid or expired token has no session to end.
    if let Ok(MaybeUser(Some(user))) = user {
        commands.sign_out(&user).await?;
    }
    Ok((StatusCode::NO_CONTENT, cookie.remove(), ()))
}
