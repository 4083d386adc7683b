//! Tags, and the months of the archive.

use axum::response::Response;
use common::api::{
    Page,
    query::{Month, Tag, TagFilter},
};
use runtime::{
    error::ApiError,
    http::{PageParams, ProblemResponses, Query},
};
use unicode_normalization::UnicodeNormalization as _;

use super::{answer::Reader, filter::given};

/// The tags of published posts, those with most posts first
#[utoipa::path(get, path = "/api/query/tags", params(TagFilter, PageParams), tag = "tags",
    responses((status = 200, body = Page<Tag>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Query(filter): Query<TagFilter>,
    page: PageParams,
    reader: Reader,
) -> Result<Response, ApiError> {
    let prefix = given("prefix", filter.prefix)?.map(|prefix| as_in_tags(&prefix));
    let after: Option<(u32, String)> = page.after()?;
    let key = format!("tags\n{prefix:?}\n{:?}\n{}", page.cursor, page.limit);
    let load = || {
        reader
            .app
            .reads
            .tags(prefix.as_deref(), after.clone(), page.limit)
    };
    Ok(reader.answer(&key, load).await)
}

/// The months in which posts were published, the latest first
#[utoipa::path(get, path = "/api/query/archive", params(PageParams), tag = "posts",
    responses((status = 200, body = Page<Month>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn archive(page: PageParams, reader: Reader) -> Result<Response, ApiError> {
    let after: Option<String> = page.after()?;
    let key = format!("archive\n{:?}\n{}", page.cursor, page.limit);
    let load = || reader.app.reads.archive(after.clone(), page.limit);
    Ok(reader.answer(&key, load).await)
}

/// The filter of a tag as somebody types it, spelled as tags are.
fn as_in_tags(prefix: &str) -> String {
    let folded: String = prefix.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let words = folded.split(|c: char| c.is_whitespace() || c == '-');
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}
