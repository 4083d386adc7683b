//! Tags, and the months of the archive.

use axum::response::Response;
use common::{
    api::{
        Page,
        query::{Month, Tag, TagFilter},
    },
    tag,
};
use runtime::{
    error::ApiError,
    http::{PageParams, ProblemResponses, Query},
};

use super::{
    parameters::{bounded_text, page_key},
    response::ReadRequest,
};
use crate::reads;

/// List the tags of published posts, most used first
#[utoipa::path(get, path = "/api/query/tags", params(TagFilter, PageParams), tag = "tags",
    responses((status = 200, body = Page<Tag>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Query(filter): Query<TagFilter>,
    page: PageParams,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let prefix = bounded_text("prefix", filter.prefix)?.map(|prefix| tag::key(&prefix));
    let after: Option<(u32, String)> = page.after()?;
    let key = page_key("tags", &prefix, &page);
    let read = |live| reads::tags(live, prefix.as_deref(), after.clone(), page.limit);
    Ok(request.public(&key, read).await)
}

/// List the months in which posts were published, latest first
#[utoipa::path(get, path = "/api/query/archive", params(PageParams), tag = "posts",
    responses((status = 200, body = Page<Month>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn archive(page: PageParams, request: ReadRequest) -> Result<Response, ApiError> {
    let after: Option<String> = page.after()?;
    let key = page_key("archive", &(), &page);
    let read = |live| reads::archive(live, after.clone(), page.limit);
    Ok(request.public(&key, read).await)
}
