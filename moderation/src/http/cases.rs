//! One comment or post: how it stands, and what a moderator decides.

use axum::{extract::State, response::IntoResponse};
use common::{
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
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{cause, views::CaseView};
use crate::{commands::Commands, domain::Ruling};

/// The longest reason code, in characters.
const MAX_REASON_CHARS: usize = 40;

/// What a moderator decides.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// Whether the text may be public
    pub decision: Verb,
    /// Why not, as a code in snake case: `spam`, `abuse`, `off_topic`, `illegal`, `other`, or one of the rules' own;
    /// needed for `reject`, and only for it
    #[serde(default)]
    pub reason: Option<String>,
    /// Words for the author
    #[serde(default)]
    #[validate(length(max = 500))]
    pub note: Option<String>,
    /// The text that was looked at
    pub revision: u64,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// The text may be public
    Approve,
    /// The text may not be public
    Reject,
}

impl Decide {
    fn ruling(self, moderator: &CurrentUser) -> Result<Ruling, ApiError> {
        let reason = |code, message: &str| Err(ApiError::field("reason", code, message));
        let rejected_for = match (self.decision, self.reason) {
            (Verb::Approve, None) => None,
            (Verb::Approve, Some(_)) => {
                return reason(ErrorCode::InvalidValue, "an approval needs none; use `note`");
            }
            (Verb::Reject, None) => return reason(ErrorCode::Required, "must be given for `reject`"),
            (Verb::Reject, Some(code)) if is_code(&code) => Some(code),
            (Verb::Reject, Some(_)) => {
                return reason(
                    ErrorCode::InvalidFormat,
                    "must be a code of 1 to 40 small letters, digits and underscores",
                );
            }
        };
        Ok(Ruling {
            moderator_id: moderator.id,
            revision: self.revision,
            rejected_for,
            note: self.note.filter(|note| !note.trim().is_empty()),
        })
    }
}

fn is_code(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=MAX_REASON_CHARS).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_allowed)
}

/// How a comment stands, with its history and reports
#[utoipa::path(get, path = "/api/moderation/comments/{id}", tag = "decisions", params(("id" = CommentId, Path)),
    responses((status = 200, body = CaseView), (status = 401, description = "Nobody is signed in"),
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
    responses((status = 200, body = CaseView), (status = 401, description = "Nobody is signed in"),
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
    let view = CaseView::from(commands.case(target).await?);
    Ok((ETag(view.version), Json(view)))
}

/// Approve or reject a comment's text
///
/// It can be decided otherwise later. It outweighs the rules and the number of reports for this text. Open reports
/// are settled with it. The same again changes nothing.
#[utoipa::path(put, path = "/api/moderation/comments/{id}", tag = "decisions", request_body = Decide,
    params(("id" = CommentId, Path), ("If-Match" = Option<String>, Header, description = "The version meant")),
    responses((status = 200, body = CaseView), (status = 401, description = "Nobody is signed in"),
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
    Json(decision): Json<Decide>,
) -> Result<impl IntoResponse, ApiError> {
    let ruling = decision.ruling(&user)?;
    let cause = cause(&user, context);
    decide(&commands, id.into(), ruling, version, cause, tokens).await
}

/// Approve or reject a post's text
///
/// A rejected post is taken down, and put up again when it is approved after all. Otherwise as with comments.
#[utoipa::path(put, path = "/api/moderation/posts/{id}", tag = "decisions", request_body = Decide,
    params(("id" = PostId, Path), ("If-Match" = Option<String>, Header, description = "The version meant")),
    responses((status = 200, body = CaseView), (status = 401, description = "Nobody is signed in"),
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
    Json(decision): Json<Decide>,
) -> Result<impl IntoResponse, ApiError> {
    let ruling = decision.ruling(&user)?;
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
    let view = CaseView::from(sighted);
    let token = ConsistencyToken::new(AggregateKind::Verdict, target.id, view.version);
    Ok((ETag(view.version), tokens.headers(token), Json(view)))
}
