//! `/`: the latest posts.

use askama::Template;
use axum::extract::Query;
use common::api::query::{PostFilter, PostSummary, Tag};

use super::paging::ListQuery;
use crate::{
    error::PageResult,
    filters,
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
};

/// Tags beside the posts.
const TAGS: u32 = 20;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    posts: Vec<PostSummary>,
    older: Option<String>,
    first: bool,
    tags: Vec<Tag>,
}

/// `GET /`
pub async fn show(request: PageRequest, Query(list): Query<ListQuery>) -> PageResult {
    let filter = PostFilter::default();
    let (posts, tags) = tokio::join!(
        request.api().posts(&filter, list.cursor()),
        request.api().tags(TAGS, None)
    );
    let posts = posts?;
    let first = list.is_first_page();
    let page = request.page(if first { "Latest" } else { "Older posts" });
    let template = HomePage {
        page: page.nav("/"),
        older: list.next_page("/", posts.next.as_deref()),
        first,
        posts: posts.items,
        // The page is also useful without tags.
        tags: tags.map(|tags| tags.items).unwrap_or_default(),
    };
    request.html(&template).await
}
