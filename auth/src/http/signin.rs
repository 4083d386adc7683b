//! Signing up, in and out.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::{consistency::ConsistencyToken, event::Timestamp};
use runtime::{
    auth::MaybeUser,
    config::Secret,
    error::ApiError,
    http::{ETag, Json, ProblemResponses},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    answers::{OwnUser, SessionCookie, given, version},
    writing::{Origin, Writing},
};
use crate::commands::{Commands, SignUp, SignedIn};

/// Who wants an account.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUpBody {
    /// 3 to 32 of `A-Z a-z 0-9 _ -`, beginning with a letter or digit; unique without regard to case
    #[schema(example = "ann")]
    username: String,
    /// Never shown to others
    #[schema(example = "ann@example.org")]
    email: String,
    /// 8 to 128 characters, not a common one
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// The name shown, 1 to 80 characters; the user name by default
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, nullable = false)]
    name: Option<String>,
    /// At most 500 characters, plain text
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, nullable = false)]
    bio: Option<String>,
    /// Answer with the token instead of a cookie
    #[serde(default)]
    token: bool,
}

/// Who signs in.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInBody {
    /// User name or e-mail address, in any case
    #[schema(example = "ann")]
    login: String,
    /// The password
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// Answer with the token instead of a cookie
    #[serde(default)]
    token: bool,
}

/// Oneself; with `"token": true`, the token beside.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum SignedInAnswer {
    User(OwnUser),
    Token(TokenAnswer),
}

/// Oneself and a token for `Authorization: Bearer`.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenAnswer {
    user: OwnUser,
    token: String,
    expires_at: Timestamp,
}

/// Make an account and sign in
///
/// The session cookie is set, unless `token` asks for a bearer token. There is no Idempotency-Key: user name and
/// address are unique, so a repeat is refused with 409, and signing in finds the account.
#[utoipa::path(post, path = "/api/users/signup", tag = "session", request_body = SignUpBody,
    responses((status = 201, body = SignedInAnswer), ProblemResponses))]
pub(super) async fn signup(
    State(commands): State<Arc<Commands>>,
    cookie: SessionCookie,
    writing: Writing,
    Json(body): Json<SignUpBody>,
) -> Result<impl IntoResponse, ApiError> {
    let request = SignUp {
        username: body.username,
        email: body.email,
        password: body.password,
        name: body.name,
        bio: body.bio,
    };
    let signed_in = commands
        .sign_up(request, writing.device.clone(), &writing.context)
        .await?;
    let written = writing.wrote(ConsistencyToken::of(
        &signed_in.account.user,
        version(&signed_in.account),
    ));
    Ok((
        StatusCode::CREATED,
        written,
        answer(signed_in, cookie, body.token),
    ))
}

/// Sign in
///
/// The session cookie is set, unless `token` asks for a bearer token. After five wrong passwords in a row each
/// further attempt has to wait: 429 with `Retry-After`.
#[utoipa::path(post, path = "/api/users/signin", tag = "session", request_body = SignInBody,
    responses((status = 200, body = SignedInAnswer), ProblemResponses))]
pub(super) async fn signin(
    State(commands): State<Arc<Commands>>,
    Origin(device): Origin,
    cookie: SessionCookie,
    Json(body): Json<SignInBody>,
) -> Result<impl IntoResponse, ApiError> {
    let signed_in = commands.sign_in(&body.login, &body.password, device).await?;
    Ok(answer(signed_in, cookie, body.token))
}

fn answer(signed_in: SignedIn, cookie: SessionCookie, as_token: bool) -> impl IntoResponse {
    let etag = ETag(version(&signed_in.account));
    let user = OwnUser::from(&signed_in.account);
    let set_cookie = (!as_token).then(|| cookie.set(&signed_in.token));
    let body = if as_token {
        SignedInAnswer::Token(TokenAnswer {
            user,
            token: signed_in.token,
            expires_at: signed_in.expires_at,
        })
    } else {
        SignedInAnswer::User(user)
    };
    (etag, set_cookie, Json(body))
}

/// Sign out
///
/// Ends the session everywhere and takes the cookie away. Signing out without a session, or with an expired one, is
/// no error.
#[utoipa::path(post, path = "/api/users/signout", tag = "session",
    responses((status = 204, description = "Signed out"), ProblemResponses),
    security((), ("session" = []), ("bearer" = [])))]
pub(super) async fn signout(
    State(commands): State<Arc<Commands>>,
    user: Result<MaybeUser, ApiError>,
    cookie: SessionCookie,
) -> Result<impl IntoResponse, ApiError> {
    // A token that is not valid (any more) has nothing to end.
    if let Ok(MaybeUser(Some(user))) = user {
        commands.sign_out(&user).await?;
    }
    Ok((StatusCode::NO_CONTENT, cookie.remove(), ()))
}
