//! What moderators are to look at.

use axum::extract::State;
use common::{
    api::{
        Page,
        moderation::{QueueEntry, QueueFilter},
    },
    error::ErrorCode,
    event::{Outcome, TargetKind},
};
use runtime::{
    auth::Moderator,
    error::ApiError,
    http::{Json, PageParams, ProblemResponses, Query, page_of},
};

use super::responses;
use crate::commands::{Commands, Order, Place, QueueQuery, Standing};

/// What moderators are to look at
///
/// By default what the rules or enough reports hold, the longest-waiting first. What was deleted is not listed.
#[utoipa::path(get, path = "/api/moderation/queue", tag = "queue", params(QueueFilter, PageParams),
    responses((status = 200, body = Page<QueueEntry>), (status = 400, description = "A cursor of another list"),
        (status = 401, description = "Nobody is signed in"), (status = 403, description = "Not a moderator"),
        (status = 422, description = "A filter that cannot be"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn list(
    State(commands): State<Commands>,
    _: Moderator,
    Query(filter): Query<QueueFilter>,
    page: PageParams,
) -> Result<Json<Page<QueueEntry>>, ApiError> {
    let query = query(&filter, &page)?;
    let found = commands.queue(&query).await?;
    let page = page_of(found, page.limit, |last| query.place(&last.record));
    Ok(Json(page.map(|sight| {
        let since = query.since(&sight.record);
        responses::queue_entry(sight, since)
    })))
}

fn query(filter: &QueueFilter, page: &PageParams) -> Result<QueueQuery, ApiError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let reporter = parsed("reporter", given(&filter.reporter), "must be the id of a user")?;
    let standing = match given(&filter.status).as_deref() {
        None if reporter.is_some() => Standing::Reported,
        None | Some("flagged") => Standing::Decided(Outcome::Flagged),
        Some("approved") => Standing::Decided(Outcome::Approved),
        Some("rejected") => Standing::Decided(Outcome::Rejected),
        Some("reported") => Standing::Reported,
        Some(_) => return Err(none_of("status", "flagged, approved, rejected or reported")),
    };
    let kind = match given(&filter.kind).as_deref() {
        None => None,
        Some("comment") => Some(TargetKind::Comment),
        Some("post") => Some(TargetKind::Post),
        Some(_) => return Err(none_of("kind", "comment or post")),
    };
    let order = match given(&filter.order).as_deref() {
        None | Some("oldest") => Order::OldestFirst,
        Some("newest") => Order::NewestFirst,
        Some(_) => return Err(none_of("order", "oldest or newest")),
    };
    let time = "must be a time such as 2026-01-31T12:00:00Z";
    let after: Option<Place> = page.after()?;
    Ok(QueueQuery {
        standing,
        kind,
        reporter,
        older_than: parsed("older_than", given(&filter.older_than), time)?,
        newer_than: parsed("newer_than", given(&filter.newer_than), time)?,
        order,
        after,
        limit: page.limit + 1,
    })
}

fn none_of(field: &str, allowed: &str) -> ApiError {
    ApiError::field(field, ErrorCode::InvalidValue, format!("must be {allowed}"))
}

fn parsed<T: std::str::FromStr>(
    field: &str,
    text: Option<String>,
    expected: &str,
) -> Result<Option<T>, ApiError> {
    text.map(|text| {
        text.parse()
            .ok()
            .ok_or_else(|| ApiError::field(field, ErrorCode::InvalidFormat, expected))
    })
    .transpose()
}
