//! Users' reports.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use common::{
    api::{
        Page,
        moderation::{FileReport, OwnReport},
    },
    event::Timestamp,
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, PageParams, ProblemResponses, WriteContext, page_of},
};

use super::responses;
use crate::commands::{Commands, NewReport};

/// Report a comment or a post
///
/// A user has one report of each comment or post, so a retry finds the first and needs no Idempotency-Key. Once it is
/// resolved and the text has changed, it can be reported again.
#[utoipa::path(post, path = "/api/moderation/reports", tag = "reports", request_body = FileReport,
    responses((status = 201, body = OwnReport, description = "Filed"),
        (status = 200, body = OwnReport, description = "Filed before"),
        (status = 403, description = "The user's own content"),
        (status = 404, description = "The comment or post does not exist, or was never public"),
        (status = 409, description = "Reported before with another reason or note"),
        (status = 410, description = "Deleted"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn file(
    State(commands): State<Commands>,
    context: WriteContext,
    Json(report): Json<FileReport>,
) -> Result<Response, ApiError> {
    let new = NewReport {
        target: report.target.into(),
        reporter_id: context.user.id,
        reason: report.reason,
        note: report.note,
    };
    let filed = commands.report(new, &context.cause).await?;
    let status = if filed.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let response = context.updated(filed.report.token(), responses::own_report(filed.report));
    Ok((status, response).into_response())
}

/// List your own reports, newest first
#[utoipa::path(get, path = "/api/moderation/reports/mine", tag = "reports", params(PageParams),
    responses((status = 200, body = Page<OwnReport>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn own(
    State(commands): State<Commands>,
    user: CurrentUser,
    page: PageParams,
) -> Result<Json<Page<OwnReport>>, ApiError> {
    let after: Option<(Timestamp, String)> = page.after()?;
    let stored = commands.own_reports(user.id, after, page.limit + 1).await?;
    let page = page_of(stored, page.limit, |last| (last.state.filed_at, last.id.clone()));
    Ok(Json(page.map(responses::own_report)))
}
