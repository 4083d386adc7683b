//! The current and former texts of an own post.

use axum::{extract::State, response::IntoResponse};
use common::{
    api::{
        Page,
        posts::{RevisionEntry, RevisionText},
    },
    ids::PostId,
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, PageParams, Path, ProblemResponses, page_of},
};

use crate::commands::Commands;

/// List the revisions of an own post, newest first
///
/// The first entry is the current text. The newest 200 former texts are kept (`POSTS_REVISIONS_KEPT`).
#[utoipa::path(get, path = "/api/posts/{id}/revisions", tag = "revisions", params(("id" = PostId, Path), PageParams),
    responses((status = 200, description = "A page of revisions", body = Page<RevisionEntry>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn list(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    page: PageParams,
) -> Result<impl IntoResponse, ApiError> {
    let before: Option<u64> = page.after()?;
    let revisions = commands.revisions(id, user.id, before, page.limit + 1).await?;
    let page = page_of(revisions, page.limit, |revision| revision.version);
    Ok(Json(page))
}

/// Get one revision of an own post
#[utoipa::path(get, path = "/api/posts/{id}/revisions/{version}", tag = "revisions",
    params(("id" = PostId, Path), ("version" = u64, Path, description = "The version from the list")),
    responses((status = 200, description = "The text", body = RevisionText), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn get(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path((id, version)): Path<(PostId, u64)>,
) -> Result<impl IntoResponse, ApiError> {
    Ok(Json(commands.revision(id, user.id, version).await?))
}
