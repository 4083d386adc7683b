//! The list of one's own posts.

use axum::{extract::State, response::IntoResponse};
use common::{api::Page, event::Timestamp, ids::PostId};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Json, PageParams, ProblemResponses, Query, page_of},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::{Found, Moderation};
use crate::{
    commands::Commands,
    domain::listing::{Listed, Shelf},
};

/// Which posts are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only those that stand there; `draft` leaves out the scheduled ones
    #[param(inline)]
    status: Option<Found>,
}

/// A post in a list, without its body.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostHeadline {
    id: PostId,
    /// For `If-Match`
    version: u64,
    #[schema(inline)]
    status: Option<Found>,
    slug: Option<String>,
    title: String,
    summary: Option<String>,
    tags: Vec<String>,
    cover: Option<String>,
    publish_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    published_at: Option<Timestamp>,
    /// What was decided about its present text, if it was judged
    moderation: Option<Moderation>,
}

impl From<Listed> for PostHeadline {
    fn from(listed: Listed) -> Self {
        let (version, post) = (listed.version, listed.post);
        Self {
            id: post.id,
            version,
            status: post.shelf().map(Found::from),
            slug: post.slug,
            title: post.text.title,
            summary: post.text.summary,
            tags: post.tags,
            cover: post.cover,
            publish_at: post.publish_at,
            created_at: post.created_at,
            updated_at: post.updated_at,
            published_at: post.published_at,
            moderation: listed.verdict.as_ref().and_then(Moderation::of),
        }
    }
}

/// Own posts, latest change first
#[utoipa::path(get, path = "/api/posts/mine", tag = "posts", params(Filter, PageParams),
    responses((status = 200, description = "A page of them", body = Page<PostHeadline>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn mine(
    user: CurrentUser,
    State(commands): State<Commands>,
    Query(filter): Query<Filter>,
    page: PageParams,
) -> Result<impl IntoResponse, ApiError> {
    let after: Option<(Timestamp, PostId)> = page.after()?;
    let shelf = filter.status.map(Shelf::from);
    let posts = commands
        .mine(user.id, shelf, after.as_ref(), page.limit + 1)
        .await?;
    let page = page_of(posts, page.limit, |last| (last.post.updated_at, last.post.id));
    Ok(Json(page.map(PostHeadline::from)))
}
