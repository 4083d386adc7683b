//! Posts.

use axum::response::{IntoResponse, Response};
use common::api::Page;
use runtime::{
    error::ApiError,
    http::{PageParams, Path, ProblemResponses, Query},
};

use super::{
    answer::Reader,
    filter::{Filter, MAX_BYTES, Period},
};
use crate::reads::{Address, FeedEntry, PostQuery, PostSummary, PostView};

/// Published posts, newest first
#[utoipa::path(get, path = "/api/query/posts", params(Filter, PageParams), tag = "posts",
    responses((status = 200, body = Page<PostSummary>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Query(filter): Query<Filter>,
    page: PageParams,
    reader: Reader,
) -> Result<Response, ApiError> {
    let query = filter.parse()?;
    let after = page.after()?;
    let key = list_key("posts", &query, &page);
    let load = || reader.app.reads.posts(&query, after, page.limit);
    Ok(reader.answer(&key, load).await)
}

/// The twenty newest published posts with their texts: what a feed needs
///
/// Texts of more than 1 MiB together are left out, the oldest posts' first.
#[utoipa::path(get, path = "/api/query/feed", params(Filter), tag = "posts",
    responses((status = 200, body = Page<FeedEntry>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn feed(Query(filter): Query<Filter>, reader: Reader) -> Result<Response, ApiError> {
    let query = filter.parse()?;
    let key = format!("feed\n{query:?}");
    Ok(reader.answer(&key, || reader.app.reads.feed(&query)).await)
}

/// The addresses of published posts and when they last changed, newest first: what a sitemap needs
#[utoipa::path(get, path = "/api/query/sitemap", params(Period, PageParams), tag = "posts",
    responses((status = 200, body = Page<Address>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn sitemap(
    Query(period): Query<Period>,
    page: PageParams,
    reader: Reader,
) -> Result<Response, ApiError> {
    let query = Filter::from(period).parse()?;
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
    responses((status = 200, body = PostView), (status = 301, description = "A former slug: `Location` has the present one"),
        (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn show(Path(post): Path<String>, reader: Reader) -> Response {
    if post.len() > MAX_BYTES {
        return ApiError::not_found("post").into_response();
    }
    reader
        .answer(&format!("post\n{post}"), || reader.app.reads.post(&post))
        .await
}
