//! Comments.

use axum::response::Response;
use common::{
    api::{Page, query::Comment},
    ids::PostId,
};
use runtime::{
    error::ApiError,
    http::{PageParams, Path, ProblemResponses},
};

use super::{parameters::page_key, response::ReadRequest};
use crate::reads;

/// List the comments of a published post as threads, oldest first
///
/// `limit` counts threads, not replies.
#[utoipa::path(get, path = "/api/query/posts/{post}/comments", params(("post" = PostId, Path), PageParams),
    tag = "comments",
    responses((status = 200, body = Page<Comment>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Path(post): Path<PostId>,
    page: PageParams,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let after = page.after()?;
    let key = page_key("comments", &post, &page);
    let read = |live| reads::comments(live, post, after, page.limit);
    Ok(request.public(&key, read).await)
}
