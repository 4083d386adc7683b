//! Posts.

use axum::response::{IntoResponse, Response};
use common::api::{
    Page,
    query::{
        FeedEntry, MAX_PARAMETER_CHARS, MovedPost, Post, PostFilter, PostSummary, SitemapEntry, SitemapFilter,
    },
};
use runtime::{
    error::ApiError,
    http::{PageParams, Path, ProblemResponses, Query},
};

use super::{
    answer::Reader,
    filter::{parse, parse_period},
};
use crate::reads::PostQuery;

/// Published posts, newest first
#[utoipa::path(get, path = "/api/query/posts", params(PostFilter, PageParams), tag = "posts",
    responses((status = 200, body = Page<PostSummary>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Query(filter): Query<PostFilter>,
    page: PageParams,
    reader: Reader,
) -> Result<Response, ApiError> {
    let query = parse(filter)?;
    let after = page.after()?;
    let key = list_key("posts", &query, &page);
    let load = || reader.app.reads.posts(&query, after, page.limit);
    Ok(reader.answer(&key, load).await)
}

/// The twenty newest published posts with their texts: what a feed needs
///
/// Texts of more than 1 MiB together are left out, the oldest posts' first.
#[utoipa::path(get, path = "/api/query/feed", params(PostFilter), tag = "posts",
    responses((status = 200, body = Page<FeedEntry>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn feed(Query(filter): Query<PostFilter>, reader: Reader) -> Result<Response, ApiError> {
    let query = parse(filter)?;
    let key = format!("feed\n{query:?}");
    Ok(reader.answer(&key, || reader.app.reads.feed(&query)).await)
}

/// The addresses of published posts and when they last changed, newest first: what a sitemap needs
#[utoipa::path(get, path = "/api/query/sitemap", params(SitemapFilter, PageParams), tag = "posts",
    responses((status = 200, body = Page<SitemapEntry>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn sitemap(
    Query(filter): Query<SitemapFilter>,
    page: PageParams,
    reader: Reader,
) -> Result<Response, ApiError> {
    let query = parse_period(filter)?;
    let after = page.after()?;
    let key = list_key("sitemap", &query, &page);
    let load = || reader.app.reads.addresses(&query, after, page.limit);
    Ok(reader.answer(&key, load).await)
}

/// The name under which a page of a list is kept: no two pages have the same.
fn list_key(list: &str, query: &PostQuery, page: &PageParams) -> String {
    format!("{list}\n{query:?}\n{:?}\n{}", page.cursor, page.limit)
}

/// A published post in full, by its id or slug
#[utoipa::path(get, path = "/api/query/posts/{post}", tag = "posts",
    params(("post" = String, Path, description = "Id or slug")),
    responses((status = 200, body = Post), (status = 301, body = MovedPost, description = "A former slug: `Location` has the present one"),
        (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn show(Path(post): Path<String>, reader: Reader) -> Response {
    if post.chars().count() > MAX_PARAMETER_CHARS {
        return ApiError::not_found("post").into_response();
    }
    reader
        .answer(&format!("post\n{post}"), || reader.app.reads.post(&post))
        .await
}
