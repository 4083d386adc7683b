//! `/tags` and `/tags/{tag}`.

use askama::Template;
use axum::extract::{Path, Query};
use common::api::query::{PostFilter, PostSummary, Tag};

use super::paging::ListQuery;
use crate::{
    error::{PageError, PageResult},
    filters,
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
    url::{segment, with_query},
};

/// Tags per page.
const TAGS: u32 = 100;

#[derive(Template)]
#[template(path = "tags.html")]
struct TagsPage {
    page: Page,
    tags: Vec<Tag>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "tag.html")]
struct TagPage {
    page: Page,
    tag: String,
    path: String,
    posts: Vec<PostSummary>,
    older: Option<String>,
}

/// `GET /tags`
pub async fn list(request: PageRequest, Query(list): Query<ListQuery>) -> PageResult {
    let tags = request.api().tags(TAGS, list.cursor()).await?;
    let page = request.page("Tags").nav("/tags");
    let template = TagsPage {
        page: page.description("All tags, by number of posts."),
        more: list.next_page("/tags", tags.next.as_deref()),
        tags: tags.items,
    };
    request.html(&template).await
}

/// `GET /tags/{tag}`
pub async fn show(
    request: PageRequest,
    Path(tag): Path<String>,
    Query(list): Query<ListQuery>,
) -> PageResult {
    let filter = PostFilter {
        tag: Some(tag.clone()),
        ..PostFilter::default()
    };
    let posts = request.api().posts(&filter, list.cursor()).await?;
    if posts.items.is_empty() && list.is_first_page() {
        return Err(PageError::NotFound("tag"));
    }
    // Tags are in lower case.
    let tag = tag.to_lowercase();
    let path = format!("/tags/{}", segment(&tag));
    let page = request
        .page(format!("Posts about {tag}"))
        .nav("/tags")
        .canonical(&with_query(&path, &[("after", list.cursor())]))
        .feeds(&path, &format!("{} · {tag}", request.site().name))
        .description(format!("Posts tagged {tag}, newest first."));
    let template = TagPage {
        page,
        older: list.next_page(&path, posts.next.as_deref()),
        tag,
        path,
        posts: posts.items,
    };
    request.html(&template).await
}
