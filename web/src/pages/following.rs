//! `/following`: what those write whom the viewer follows.

use askama::Template;
use axum::extract::Query;
use runtime::auth::CurrentUser;

use super::home::Paging;
use crate::{api::reading::PostSummary, failure::PageResult, filters, page::Page, visit::Visit};

#[derive(Template)]
#[template(path = "following.html")]
struct Following {
    page: Page,
    posts: Vec<PostSummary>,
    older: Option<String>,
}

/// `GET /following`
pub async fn show(visit: Visit, _: CurrentUser, Query(paging): Query<Paging>) -> PageResult {
    let posts = visit.api().following(paging.after.as_deref()).await?.value;
    let template = Following {
        page: visit.page("Following").nav("/following").not_indexed(),
        older: paging.older("/following", posts.next.as_deref()),
        posts: posts.items,
    };
    visit.html(&template).await
}
