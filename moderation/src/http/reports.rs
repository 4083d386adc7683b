//! Reports, by those who file them.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use common::{
    api::Page,
    event::{ReportStatus, Target, Timestamp},
    ids::{CommentId, PostId, VerdictId},
};
use runtime::{
    auth::CurrentUser,
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{ETag, Json, PageParams, ProblemResponses, RequestContext, page_of},
    store::Stored,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{cause, views::TargetView};
use crate::{
    commands::{Commands, Filing},
    domain::{Report, ReportReason},
};

/// A report to be filed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileReport {
    /// What is to be looked at
    pub target: Reported,
    /// Why
    pub reason: Reason,
    /// Own words, for moderators alone
    #[serde(default)]
    #[validate(length(max = 1000))]
    pub note: Option<String>,
}

/// What is reported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// Which of both
    pub kind: Kind,
    /// Its id
    pub id: VerdictId,
}

/// What can be reported.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A comment
    Comment,
    /// A post
    Post,
}

/// What things are reported for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It sells something
    Spam,
    /// It insults or threatens
    Abuse,
    /// It belongs somewhere else
    OffTopic,
    /// It breaks the law
    Illegal,
    /// Something else, which the note tells
    Other,
}

impl From<Reason> for ReportReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Spam => Self::Spam,
            Reason::Abuse => Self::Abuse,
            Reason::OffTopic => Self::OffTopic,
            Reason::Illegal => Self::Illegal,
            Reason::Other => Self::Other,
        }
    }
}

impl From<Reported> for Target {
    fn from(reported: Reported) -> Self {
        let uuid = reported.id.as_uuid();
        match reported.kind {
            Kind::Comment => CommentId::from_uuid(uuid).into(),
            Kind::Post => PostId::from_uuid(uuid).into(),
        }
    }
}

/// A report, as the one who filed it sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnReport {
    /// What it is about
    pub target: TargetView,
    /// Why
    pub reason: String,
    /// Which text it is about
    pub revision: u64,
    /// What came of it
    pub status: ReportStatus,
    /// When it was filed
    pub filed_at: Timestamp,
    /// When a moderator looked at it
    pub resolved_at: Option<Timestamp>,
}

impl From<Stored<Report>> for OwnReport {
    fn from(stored: Stored<Report>) -> Self {
        let report = stored.state;
        Self {
            target: report.target.into(),
            reason: report.reason.as_str().to_owned(),
            revision: report.revision,
            status: report.status,
            filed_at: report.filed_at,
            resolved_at: report.resolved_at,
        }
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
        reason: report.reason.into(),
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
    Ok((
        status,
        ETag(stored.version),
        written,
        Json(OwnReport::from(stored)),
    ))
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
    Ok(Json(page.map(OwnReport::from)))
}
