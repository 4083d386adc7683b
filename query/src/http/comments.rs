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

use super::answer::Reader;

/// The comments of a published post as threads, oldest first. A page counts threads, not replies.
#[utoipa::path(get, path = "/api/query/posts/{post}/comments", params(("post" = PostId, Path), PageParams),
    tag = "comments",
    responses((status = 200, body = Page<Comment>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Path(post): Path<PostId>,
    page: PageParams,
    reader: Reader,
) -> Result<Response, ApiError> {
    let after = page.after()?;
    let key = format!(
        "comments\n{post}\n{}\n{}",
        page.cursor.as_deref().unwrap_or_default(),
        page.limit
    );
    Ok(reader
        .answer(&key, || reader.app.reads.comments(post, after, page.limit))
        .await)
}
