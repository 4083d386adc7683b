//! Posts.

use axum::response::{IntoResponse, Response};
use common::{
    error::{ApiError, ErrorCode},
    http::{Page, PageParams, Path, ProblemResponses, Query},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::Reader;
use crate::reads::{PostSummary, PostView};

/// Longer than any tag, user name or slug.
const MAX_CHARS: usize = 200;

/// Which posts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those that bear this tag
    tag: Option<String>,
    /// Only those of the author with this user name, in any case
    author: Option<String>,
}

/// Published posts, newest first.
#[utoipa::path(get, path = "/api/query/posts", params(Filter, PageParams), tag = "posts",
    responses((status = 200, body = Page<PostSummary>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Query(filter): Query<Filter>,
    page: PageParams,
    reader: Reader,
) -> Result<Response, ApiError> {
    let tag = given("tag", filter.tag)?.map(|tag| tag.to_lowercase());
    let author = given("author", filter.author)?;
    let after = page.after()?;
    let key = format!(
        "posts\n{}\n{}\n{}\n{}",
        tag.as_deref().unwrap_or_default(),
        author.as_deref().unwrap_or_default().to_lowercase(),
        page.cursor.as_deref().unwrap_or_default(),
        page.limit
    );
    let load = || {
        reader
            .app
            .reads
            .posts(tag.as_deref(), author.as_deref(), after, page.limit)
    };
    Ok(reader.answer(&key, load).await)
}

/// A published post in full, by its id or slug.
#[utoipa::path(get, path = "/api/query/posts/{post}", tag = "posts",
    params(("post" = String, Path, description = "Id or slug")),
    responses((status = 200, body = PostView), (status = 301, description = "A former slug: `Location` has the present one"),
        (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn show(Path(post): Path<String>, reader: Reader) -> Response {
    if post.len() > MAX_CHARS {
        return ApiError::not_found("post").into_response();
    }
    reader
        .answer(&format!("post\n{post}"), || reader.app.reads.post(&post))
        .await
}

/// The parameter without blanks around it, if it is given.
fn given(name: &str, value: Option<String>) -> Result<Option<String>, ApiError> {
    let value = value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty());
    match value {
        Some(value) if value.len() > MAX_CHARS => Err(ApiError::field(
            name,
            ErrorCode::TooLong,
            format!("must be at most {MAX_CHARS} bytes"),
        )),
        value => Ok(value),
    }
}
