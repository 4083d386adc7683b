//! What the people whom somebody follows write.

use axum::response::Response;
use common::api::{Page, query::PostSummary};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{PageParams, ProblemResponses},
};

use super::answer::Reader;

/// The published posts of those whom you follow, newest first
///
/// Of the thousand that you followed last.
#[utoipa::path(get, path = "/api/query/following", params(PageParams), tag = "posts",
    responses((status = 200, body = Page<PostSummary>), (status = 304, description = "Not modified"),
        (status = 401, description = "Nobody is signed in"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn list(user: CurrentUser, page: PageParams, reader: Reader) -> Result<Response, ApiError> {
    let after = page.after()?;
    let read = reader.app.reads.following(user.id, after, page.limit);
    Ok(reader.own_answer(read).await)
}
