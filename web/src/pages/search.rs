//! `/search`: posts by words of their titles and tags.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;

use crate::{
    api::{
        reading::{PostFilter, PostSummary, Tag},
        with_query,
    },
    failure::PageResult,
    filters,
    forms::Form,
    page::Page,
    visit::Visit,
};

/// Tags to begin with.
const TAGS: u32 = 40;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    tag: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    form: Form,
    /// `None` while nothing is looked for.
    posts: Option<Vec<PostSummary>>,
    older: Option<String>,
    tags: Vec<Tag>,
    /// The same words without the tag.
    everywhere: String,
}

/// `GET /search`
pub async fn show(visit: Visit, Query(search): Query<Search>) -> PageResult {
    let (q, tag) = (search.q.trim(), search.tag.trim());
    let title = if q.is_empty() {
        "Search".to_owned()
    } else {
        format!("Search: {q}")
    };
    let mut template = SearchPage {
        page: visit.page(title).nav("/search").not_indexed(),
        form: Form::new().with("q", q).with("tag", tag),
        posts: None,
        older: None,
        tags: Vec::new(),
        everywhere: with_query("/search", &[("q", Some(q))]),
    };
    if q.is_empty() {
        let tags = visit.api().tags(TAGS, None).await;
        template.tags = tags.map(|tags| tags.value.items).unwrap_or_default();
        return visit.html(&template).await;
    }
    let filter = PostFilter {
        q: Some(q),
        tag: Some(tag),
        ..PostFilter::default()
    };
    match visit.api().posts(filter, search.after.as_deref()).await {
        Ok(found) => {
            let next = found.next.as_deref();
            let path = |next| {
                with_query(
                    "/search",
                    &[("q", Some(q)), ("tag", Some(tag)), ("after", Some(next))],
                )
            };
            template.older = next.map(path);
            template.posts = Some(found.value.items);
        }
        Err(trouble) => template.form.take(trouble, &["q", "tag"])?,
    }
    let status = template.form.status();
    visit.html_with(status, &template).await
}
