//! Reports, by those who file them.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::{
    api::{
        Page,
        moderation::{FileReport, OwnReport},
    },
    event::Timestamp,
};
use runtime::{
    auth::CurrentUser,
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{ETag, Json, PageParams, ProblemResponses, RequestContext, page_of},
    store::Stored,
};

use super::cause;
use crate::{
    commands::{Commands, Filing},
    domain::Report,
};

fn own_report(stored: Stored<Report>) -> OwnReport {
    let report = stored.state;
    OwnReport {
        target: report.target,
        reason: report.reason.as_str().to_owned(),
        revision: report.revision,
        status: report.status,
        filed_at: report.filed_at,
        resolved_at: report.resolved_at,
    }
}

/// Report a comment or a post
///
/// One report for each person and thing, so a retry finds the first and needs no Idempotency-Key. Once it was settled
/// and the thing has another text, it may be reported anew.
#[utoipa::path(post, path = "/api/moderation/reports", tag = "reports", request_body = FileReport,
    responses((status = 201, body = OwnReport, description = "Filed"),
        (status = 200, body = OwnReport, description = "Filed before"),
        (status = 401, description = "Nobody is signed in"), (status = 403, description = "One's own"),
        (status = 404, description = "No such comment or post, or it was never public"),
        (status = 409, description = "Reported before in other words"), (status = 410, description = "Deleted"),
        (status = 422, description = "Target, reason or note are not acceptable"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn file(
    State(commands): State<Commands>,
    user: CurrentUser,
    context: RequestContext,
    tokens: ConsistencyTokens,
    Json(report): Json<FileReport>,
) -> Result<impl IntoResponse, ApiError> {
    let filing = Filing {
        target: report.target.into(),
        reporter_id: user.id,
        reason: report.reason,
        note: report.note.filter(|note| !note.trim().is_empty()),
    };
    let filed = commands.report(filing, &cause(&user, context)).await?;
    let status = if filed.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let stored = filed.report;
    let written = tokens.headers(stored.token());
    Ok((status, ETag(stored.version), written, Json(own_report(stored))))
}

/// Your own reports, newest first, and what came of them
#[utoipa::path(get, path = "/api/moderation/reports/mine", tag = "reports", params(PageParams),
    responses((status = 200, body = Page<OwnReport>), (status = 400, description = "A cursor of another list"),
        (status = 401, description = "Nobody is signed in"), (status = 422, description = "No such limit"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn mine(
    State(commands): State<Commands>,
    user: CurrentUser,
    page: PageParams,
) -> Result<Json<Page<OwnReport>>, ApiError> {
    let after: Option<(Timestamp, String)> = page.after()?;
    let stored = commands.my_reports(user.id, after, page.limit + 1).await?;
    let page = page_of(stored, page.limit, |last| (last.state.filed_at, last.id.clone()));
    Ok(Json(page.map(own_report)))
}
