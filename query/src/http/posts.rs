//! Posts: lists, the feed, the sitemap, and single posts.

use axum::response::{IntoResponse, Response};
use common::api::{
    Page,
    query::{
        FeedEntry, MAX_PARAMETER_CHARS, MovedPost, Post, PostFilter, PostSummary, SitemapEntry, SitemapFilter,
    },
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{PageParams, Path, ProblemResponses, Query},
};

use super::{
    parameters::{page_key, parse_filter},
    response::ReadRequest,
};
use crate::reads;

/// List published posts, newest first
#[utoipa::path(get, path = "/api/query/posts", params(PostFilter, PageParams), tag = "posts",
    responses((status = 200, body = Page<PostSummary>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Query(filter): Query<PostFilter>,
    page: PageParams,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let (query, after) = (parse_filter(filter)?, page.after()?);
    let key = page_key("posts", &query, &page);
    let read = |live| reads::posts(live, &query, after, page.limit);
    Ok(request.public(&key, read).await)
}

/// List the twenty newest published posts with their bodies, for a feed
///
/// Bodies are limited to 1 MiB in total; the oldest posts come without theirs.
#[utoipa::path(get, path = "/api/query/feed", params(PostFilter), tag = "posts",
    responses((status = 200, body = Page<FeedEntry>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn feed(
    Query(filter): Query<PostFilter>,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let query = parse_filter(filter)?;
    let key = page_key("feed", &query, &PageParams::default());
    Ok(request.public(&key, |live| reads::feed(live, &query)).await)
}

/// List the slugs of published posts with their last change, newest first, for a sitemap
#[utoipa::path(get, path = "/api/query/sitemap", params(SitemapFilter, PageParams), tag = "posts",
    responses((status = 200, body = Page<SitemapEntry>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn sitemap(
    Query(SitemapFilter { from, to }): Query<SitemapFilter>,
    page: PageParams,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let filter = PostFilter {
        from,
        to,
        ..PostFilter::default()
    };
    let (query, after) = (parse_filter(filter)?, page.after()?);
    let key = page_key("sitemap", &query, &page);
    let read = |live| reads::sitemap(live, &query, after, page.limit);
    Ok(request.public(&key, read).await)
}

/// Return a published post, by its id or slug
#[utoipa::path(get, path = "/api/query/posts/{post}", tag = "posts",
    params(("post" = String, Path, description = "Id or slug")),
    responses((status = 200, body = Post), (status = 304, description = "Not modified"),
        (status = 301, body = MovedPost, description = "A former slug: `Location` has the current one"), ProblemResponses))]
pub(super) async fn show(Path(post): Path<String>, request: ReadRequest) -> Response {
    if post.chars().count() > MAX_PARAMETER_CHARS {
        return ApiError::not_found("post").into_response();
    }
    let key = format!("post\n{post}");
    request.public(&key, |live| reads::post(live, &post)).await
}

/// List published posts of the users whom the signed-in user follows, newest first
///
/// Limited to the thousand users followed last.
#[utoipa::path(get, path = "/api/query/following", params(PageParams), tag = "posts",
    responses((status = 200, body = Page<PostSummary>), (status = 304, description = "Not modified"),
        (status = 401, description = "Not signed in"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn following(
    user: CurrentUser,
    page: PageParams,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let after = page.after()?;
    let read = |live| reads::following(live, user.id, after, page.limit);
    request.private(read).await
}
