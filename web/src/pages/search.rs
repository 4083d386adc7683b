//! `/search`: posts by words of their titles and tags.

use askama::Template;
use axum::extract::Query;
use common::api::query::{PostFilter, PostSummary, Tag};
use serde::Deserialize;

use crate::{
    error::PageResult,
    filters,
    forms::Form,
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
    url::with_query,
};

/// Tags below an empty search form.
const TAGS: u32 = 40;

#[derive(Debug, Default, Deserialize)]
pub(super) struct SearchQuery {
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
    /// `None` without a search.
    posts: Option<Vec<PostSummary>>,
    older: Option<String>,
    tags: Vec<Tag>,
    /// The path of the same search without the tag.
    without_tag: String,
}

/// `GET /search`
pub async fn show(request: PageRequest, Query(search): Query<SearchQuery>) -> PageResult {
    let (q, tag) = (search.q.trim(), search.tag.trim());
    let title = match q {
        "" => "Search".to_owned(),
        q => format!("Search: {q}"),
    };
    let mut template = SearchPage {
        page: request.page(title).nav("/search").not_indexed(),
        form: Form::new().with("q", q).with("tag", tag),
        posts: None,
        older: None,
        tags: Vec::new(),
        without_tag: with_query("/search", &[("q", Some(q))]),
    };
    if q.is_empty() {
        let tags = request.api().tags(TAGS, None).await;
        template.tags = tags.map(|tags| tags.items).unwrap_or_default();
        return request.html(&template).await;
    }
    let filter = PostFilter {
        q: Some(q.to_owned()),
        tag: Some(tag.to_owned()).filter(|tag| !tag.is_empty()),
        ..PostFilter::default()
    };
    match request.api().posts(&filter, search.after.as_deref()).await {
        Ok(posts) => {
            let path = |next: &str| {
                let parameters = [("q", Some(q)), ("tag", Some(tag)), ("after", Some(next))];
                with_query("/search", &parameters)
            };
            template.older = posts.next.as_deref().map(path);
            template.posts = Some(posts.items);
        }
        Err(error) => template.form.add_api_error(error, &["q", "tag"])?,
    }
    request.form_html(&template.form, &template).await
}
