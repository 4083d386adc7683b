//! One comment or post: how it stands, and what a moderator decides.

use axum::{extract::State, response::IntoResponse};
use common::{
    api::moderation::{Case, DecideRequest, ReviewAction},
    consistency::ConsistencyToken,
    error::ErrorCode,
    event::{AggregateKind, Target},
    ids::{CommentId, PostId},
};
use runtime::{
    auth::{CurrentUser, Moderator},
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{ETag, IfMatch, Json, Path, ProblemResponses, RequestContext},
    store::Cause,
};

use super::{cause, responses};
use crate::{commands::Commands, domain::Ruling};

/// The longest reason code, in characters.
const MAX_REASON_CHARS: usize = 40;

fn ruling(request: DecideRequest, moderator: &CurrentUser) -> Result<Ruling, ApiError> {
    let invalid = |code, message: &str| Err(ApiError::field("reason", code, message));
    let rejected_for = match (request.decision, request.reason) {
        (ReviewAction::Approve, None) => None,
        (ReviewAction::Approve, Some(_)) => {
            return invalid(
                ErrorCode::InvalidValue,
                "is not allowed for `approve`; use `note`",
            );
        }
        (ReviewAction::Reject, None) => return invalid(ErrorCode::Required, "is required for `reject`"),
        (ReviewAction::Reject, Some(code)) if is_code(&code) => Some(code),
        (ReviewAction::Reject, Some(_)) => {
            return invalid(
                ErrorCode::InvalidFormat,
                "must be a code of 1 to 40 lower-case letters, digits and underscores",
            );
        }
    };
    Ok(Ruling {
        moderator_id: moderator.id,
        revision: request.revision,
        rejected_for,
        note: request.note.filter(|note| !note.trim().is_empty()),
    })
}

fn is_code(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=MAX_REASON_CHARS).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_allowed)
}

/// How a comment stands, with its history and reports
#[utoipa::path(get, path = "/api/moderation/comments/{id}", tag = "decisions", params(("id" = CommentId, Path)),
    responses((status = 200, body = Case), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), (status = 404, description = "No such comment was heard of"),
        (status = 410, description = "Deleted"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn comment(
    State(commands): State<Commands>,
    _: Moderator,
    Path(id): Path<CommentId>,
) -> Result<impl IntoResponse, ApiError> {
    show(&commands, id.into()).await
}

/// How a post stands, with its history and reports
#[utoipa::path(get, path = "/api/moderation/posts/{id}", tag = "decisions", params(("id" = PostId, Path)),
    responses((status = 200, body = Case), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), (status = 404, description = "No such post was ever public"),
        (status = 410, description = "Deleted"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn post(
    State(commands): State<Commands>,
    _: Moderator,
    Path(id): Path<PostId>,
) -> Result<impl IntoResponse, ApiError> {
    show(&commands, id.into()).await
}

async fn show(commands: &Commands, target: Target) -> Result<impl IntoResponse + use<>, ApiError> {
    let view = responses::case(commands.case(target).await?);
    Ok((ETag(view.subject.version), Json(view)))
}

/// Approve or reject a comment's text
///
/// It can be decided otherwise later. It outweighs the rules and the number of reports for this text. Open reports
/// are settled with it. The same again changes nothing.
#[utoipa::path(put, path = "/api/moderation/comments/{id}", tag = "decisions", request_body = DecideRequest,
    params(("id" = CommentId, Path), ("If-Match" = Option<String>, Header, description = "The version meant")),
    responses((status = 200, body = Case), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), (status = 404, description = "No such comment was heard of"),
        (status = 409, description = "It has another text by now"), (status = 410, description = "Deleted"),
        (status = 412, description = "It was decided in the meantime"),
        (status = 422, description = "Decision, reason or note are not acceptable"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
#[allow(
    clippy::too_many_arguments,
    reason = "each extractor is one thing that the request brings"
)]
pub async fn decide_comment(
    State(commands): State<Commands>,
    Moderator(user): Moderator,
    context: RequestContext,
    tokens: ConsistencyTokens,
    IfMatch(version): IfMatch,
    Path(id): Path<CommentId>,
    Json(decision): Json<DecideRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let ruling = ruling(decision, &user)?;
    let cause = cause(&user, context);
    decide(&commands, id.into(), ruling, version, cause, tokens).await
}

/// Approve or reject a post's text
///
/// A rejected post is taken down, and put up again when it is approved after all. Otherwise as with comments.
#[utoipa::path(put, path = "/api/moderation/posts/{id}", tag = "decisions", request_body = DecideRequest,
    params(("id" = PostId, Path), ("If-Match" = Option<String>, Header, description = "The version meant")),
    responses((status = 200, body = Case), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Not a moderator"), (status = 404, description = "No such post was ever public"),
        (status = 409, description = "It has another text by now"), (status = 410, description = "Deleted"),
        (status = 412, description = "It was decided in the meantime"),
        (status = 422, description = "Decision, reason or note are not acceptable"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
#[allow(
    clippy::too_many_arguments,
    reason = "each extractor is one thing that the request brings"
)]
pub async fn decide_post(
    State(commands): State<Commands>,
    Moderator(user): Moderator,
    context: RequestContext,
    tokens: ConsistencyTokens,
    IfMatch(version): IfMatch,
    Path(id): Path<PostId>,
    Json(decision): Json<DecideRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let ruling = ruling(decision, &user)?;
    let cause = cause(&user, context);
    decide(&commands, id.into(), ruling, version, cause, tokens).await
}

async fn decide(
    commands: &Commands,
    target: Target,
    ruling: Ruling,
    version: Option<u64>,
    cause: Cause,
    tokens: ConsistencyTokens,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let sighted = commands.decide(target, &ruling, version, &cause).await?;
    let view = responses::case(sighted);
    let token = ConsistencyToken::new(AggregateKind::Verdict, target.id, view.subject.version);
    Ok((ETag(view.subject.version), tokens.headers(token), Json(view)))
}
