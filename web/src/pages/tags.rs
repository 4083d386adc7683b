//! `/tags` and `/tags/{tag}`.

use askama::Template;
use axum::extract::{Path, Query};

use super::home::Paging;
use crate::{
    api::{
        reading::{PostFilter, PostSummary, Tag},
        segment, with_query,
    },
    failure::{Failure, PageResult},
    filters,
    page::Page,
    visit::Visit,
};

/// Tags on one page.
const TAGS: u32 = 100;

#[derive(Template)]
#[template(path = "tags.html")]
struct Tags {
    page: Page,
    tags: Vec<Tag>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "tag.html")]
struct OneTag {
    page: Page,
    tag: String,
    path: String,
    posts: Vec<PostSummary>,
    older: Option<String>,
}

/// `GET /tags`
pub async fn all(visit: Visit, Query(paging): Query<Paging>) -> PageResult {
    let tags = visit.api().tags(TAGS, paging.after.as_deref()).await?.value;
    let page = visit
        .page("Tags")
        .nav("/tags")
        .described("All tags, by number of posts.");
    let template = Tags {
        page,
        more: paging.older("/tags", tags.next.as_deref()),
        tags: tags.items,
    };
    visit.html(&template).await
}

/// `GET /tags/{tag}`
pub async fn one(visit: Visit, Path(tag): Path<String>, Query(paging): Query<Paging>) -> PageResult {
    let filter = PostFilter {
        tag: Some(&tag),
        ..PostFilter::default()
    };
    let after = paging.after.as_deref();
    let posts = visit.api().posts(filter, after).await?.value;
    if posts.items.is_empty() && after.is_none() {
        return Err(Failure::NotFound("tag"));
    }
    // Tags are in lower case; whoever writes one otherwise means the same.
    let tag = tag.to_lowercase();
    let path = format!("/tags/{}", segment(&tag));
    let page = visit
        .page(format!("Posts about {tag}"))
        .nav("/tags")
        .canonical(&with_query(&path, &[("after", after)]))
        .with_feeds(&path, &format!("{} · {tag}", visit.site().name))
        .described(format!("Posts tagged {tag}, newest first."));
    let template = OneTag {
        page,
        older: paging.older(&path, posts.next.as_deref()),
        tag,
        path,
        posts: posts.items,
    };
    visit.html(&template).await
}
