//! The list of the author's own posts.

use axum::{extract::State, response::IntoResponse};
use common::{
    api::{
        Page,
        posts::{OwnPostsParams, PostSummary},
    },
    event::Timestamp,
    ids::PostId,
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, PageParams, ProblemResponses, Query, page_of},
};

use crate::commands::Commands;

/// List your own posts, last changed first
#[utoipa::path(get, path = "/api/posts/mine", tag = "posts", params(OwnPostsParams, PageParams),
    responses((status = 200, description = "A page of posts", body = Page<PostSummary>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn list(
    user: CurrentUser,
    State(commands): State<Commands>,
    Query(filter): Query<OwnPostsParams>,
    page: PageParams,
) -> Result<impl IntoResponse, ApiError> {
    let after: Option<(Timestamp, PostId)> = page.after()?;
    let posts = commands
        .own_posts(user.id, &filter, after.as_ref(), page.limit + 1)
        .await?;
    let page = page_of(posts, page.limit, |last| (last.updated_at, last.id));
    Ok(Json(page))
}
