//! The moderation queue.

use std::str::FromStr;

use axum::extract::State;
use common::{
    api::{
        Page,
        moderation::{QueueEntry, QueueFilter, QueueOrder, QueueStatus},
    },
    error::ErrorCode,
    event::TargetKind,
};
use runtime::{
    auth::Moderator,
    error::ApiError,
    http::{Json, PageParams, ProblemResponses, Query, page_of},
};

use super::responses;
use crate::commands::{Commands, Position, QueueQuery};

/// List the moderation queue
///
/// By default the texts held for review, the longest-waiting first. Deleted content is not listed.
#[utoipa::path(get, path = "/api/moderation/queue", tag = "queue", params(QueueFilter, PageParams),
    responses((status = 200, body = Page<QueueEntry>), (status = 403, description = "Not a moderator"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn list(
    State(commands): State<Commands>,
    _: Moderator,
    Query(filter): Query<QueueFilter>,
    page: PageParams,
) -> Result<Json<Page<QueueEntry>>, ApiError> {
    let query = query(&filter, &page)?;
    let found = commands.queue(&query).await?;
    let page = page_of(found, page.limit, |last| query.position(last));
    Ok(Json(page.map(|record| {
        let since = query.since(&record);
        responses::queue_entry(record, since)
    })))
}

fn query(filter: &QueueFilter, page: &PageParams) -> Result<QueueQuery, ApiError> {
    let reporter = parsed("reporter", &filter.reporter, "must be the id of a user")?;
    let status = match given(&filter.status) {
        None if reporter.is_some() => QueueStatus::Reported,
        None | Some("flagged") => QueueStatus::Flagged,
        Some("approved") => QueueStatus::Approved,
        Some("rejected") => QueueStatus::Rejected,
        Some("reported") => QueueStatus::Reported,
        Some(_) => return Err(none_of("status", "flagged, approved, rejected or reported")),
    };
    let kind = match given(&filter.kind) {
        None => None,
        Some("comment") => Some(TargetKind::Comment),
        Some("post") => Some(TargetKind::Post),
        Some(_) => return Err(none_of("kind", "comment or post")),
    };
    let order = match given(&filter.order) {
        None | Some("oldest") => QueueOrder::Oldest,
        Some("newest") => QueueOrder::Newest,
        Some(_) => return Err(none_of("order", "oldest or newest")),
    };
    let time = "must be a time such as 2026-01-31T12:00:00Z";
    let after: Option<Position> = page.after()?;
    Ok(QueueQuery {
        status,
        kind,
        reporter,
        older_than: parsed("older_than", &filter.older_than, time)?,
        newer_than: parsed("newer_than", &filter.newer_than, time)?,
        order,
        after,
        limit: page.limit + 1,
    })
}

/// An empty parameter, as of a form, counts as absent.
fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn none_of(field: &str, allowed: &str) -> ApiError {
    ApiError::field(field, ErrorCode::InvalidValue, format!("must be {allowed}"))
}

fn parsed<T: FromStr>(field: &str, text: &Option<String>, expected: &str) -> Result<Option<T>, ApiError> {
    let invalid = || ApiError::field(field, ErrorCode::InvalidFormat, expected);
    let parse = |text: &str| text.parse().ok().ok_or_else(invalid);
    given(text).map(parse).transpose()
}
