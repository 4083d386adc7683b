//! A comment or post under moderation: its decisions, and a moderator's decision.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use common::{
    api::moderation::{Case, DecideRequest, ReviewAction},
    consistency::ConsistencyToken,
    error::ErrorCode,
    event::{AggregateKind, Target},
    ids::{CommentId, PostId, UserId},
};
use runtime::{
    auth::Moderator,
    error::ApiError,
    http::{ETag, IfMatch, Json, Path, ProblemResponses, WriteContext},
};

use super::responses;
use crate::{
    commands::Commands,
    domain::{ModeratorDecision, rules::is_reason_code},
};

/// Read a comment with its decisions and reports
#[utoipa::path(get, path = "/api/moderation/comments/{id}", tag = "decisions", params(("id" = CommentId, Path)),
    responses((status = 200, body = Case), (status = 403, description = "Not a moderator"),
        (status = 404, description = "The comment is unknown"),
        (status = 410, description = "Deleted"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn comment(
    State(commands): State<Commands>,
    _: Moderator,
    Path(id): Path<CommentId>,
) -> Result<impl IntoResponse, ApiError> {
    show(&commands, id.into()).await
}

/// Read a post with its decisions and reports
#[utoipa::path(get, path = "/api/moderation/posts/{id}", tag = "decisions", params(("id" = PostId, Path)),
    responses((status = 200, body = Case), (status = 403, description = "Not a moderator"),
        (status = 404, description = "The post was never public"),
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
    let case = responses::case(commands.case(target).await?);
    Ok((ETag(case.subject.version), Json(case)))
}

/// Approve or reject the text of a comment
///
/// The decision outweighs the rules and the number of reports for this text, resolves the open reports, and can be
/// changed later. The same decision again changes nothing.
#[utoipa::path(put, path = "/api/moderation/comments/{id}", tag = "decisions", request_body = DecideRequest,
    params(("id" = CommentId, Path), IfMatch),
    responses((status = 200, body = Case), (status = 404, description = "The comment is unknown"),
        (status = 409, description = "The text has changed"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn decide_comment(
    State(commands): State<Commands>,
    context: WriteContext<Moderator>,
    IfMatch(version): IfMatch,
    Path(id): Path<CommentId>,
    Json(request): Json<DecideRequest>,
) -> Result<Response, ApiError> {
    decide(&commands, id.into(), context, version, request).await
}

/// Approve or reject the text of a post
///
/// A rejected post is unpublished, and republished if it is approved later. Otherwise as for comments.
#[utoipa::path(put, path = "/api/moderation/posts/{id}", tag = "decisions", request_body = DecideRequest,
    params(("id" = PostId, Path), IfMatch),
    responses((status = 200, body = Case), (status = 404, description = "The post was never public"),
        (status = 409, description = "The text has changed"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn decide_post(
    State(commands): State<Commands>,
    context: WriteContext<Moderator>,
    IfMatch(version): IfMatch,
    Path(id): Path<PostId>,
    Json(request): Json<DecideRequest>,
) -> Result<Response, ApiError> {
    decide(&commands, id.into(), context, version, request).await
}

async fn decide(
    commands: &Commands,
    target: Target,
    context: WriteContext<Moderator>,
    version: Option<u64>,
    request: DecideRequest,
) -> Result<Response, ApiError> {
    let Moderator(user) = &context.user;
    let decision = decision(request, user.id)?;
    let details = commands
        .decide(target, &decision, version, &context.cause)
        .await?;
    let case = responses::case(details);
    let token = ConsistencyToken::new(AggregateKind::Verdict, target.id, case.subject.version);
    Ok(context.updated(token, case))
}

fn decision(request: DecideRequest, moderator_id: UserId) -> Result<ModeratorDecision, ApiError> {
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
        (ReviewAction::Reject, Some(code)) if is_reason_code(&code) => Some(code),
        (ReviewAction::Reject, Some(_)) => {
            return invalid(
                ErrorCode::InvalidFormat,
                "must be a code of 1 to 40 lower-case letters, digits and underscores",
            );
        }
    };
    Ok(ModeratorDecision {
        moderator_id,
        revision: request.revision,
        rejected_for,
        note: request.note,
    })
}
