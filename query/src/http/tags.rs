//! Tags.

use axum::response::Response;
use common::http::{PageParams, ProblemResponses};

use super::answer::Reader;
use crate::reads::TagList;

/// The tags of published posts, those with most posts first.
#[utoipa::path(get, path = "/api/query/tags", tag = "tags",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Tags to show, 20 by default")),
    responses((status = 200, body = TagList), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(page: PageParams, reader: Reader) -> Response {
    let key = format!("tags\n{}", page.limit);
    reader.answer(&key, || reader.app.reads.tags(page.limit)).await
}
