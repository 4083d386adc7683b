//! `/`: the latest posts.

use askama::Template;
use axum::extract::Query;
use common::api::Page as List;
use serde::Deserialize;

use crate::{
    api::{
        reading::{PostFilter, PostSummary, Tag},
        with_query,
    },
    failure::PageResult,
    filters,
    page::Page,
    visit::Visit,
};

/// Tags beside the list.
const TAGS: u32 = 20;

/// Where a page of a list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    pub after: Option<String>,
}

impl Paging {
    /// The address of the page after this one, of the list at `path`.
    pub fn older(&self, path: &str, next: Option<&str>) -> Option<String> {
        next.map(|next| with_query(path, &[("after", Some(next))]))
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    posts: List<PostSummary>,
    older: Option<String>,
    first: bool,
    tags: Vec<Tag>,
}

/// `GET /`
pub async fn latest(visit: Visit, Query(paging): Query<Paging>) -> PageResult {
    let after = paging.after.as_deref();
    let (posts, tags) = tokio::join!(
        visit.api().posts(PostFilter::default(), after),
        visit.api().tags(TAGS, None)
    );
    let posts = posts?.value;
    let page = visit.page(if after.is_some() { "Older posts" } else { "Latest" });
    let template = Home {
        page: page.nav("/"),
        older: paging.older("/", posts.next.as_deref()),
        first: after.is_none(),
        posts,
        // The page is worth having without them.
        tags: tags.map(|tags| tags.value.items).unwrap_or_default(),
    };
    visit.html(&template).await
}
