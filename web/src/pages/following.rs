//! `/following`: posts of the users whom the signed-in user follows.

use askama::Template;
use axum::extract::Query;
use common::api::query::PostSummary;
use runtime::auth::CurrentUser;

use super::paging::{Paging, next_page};
use crate::{
    error::PageResult,
    filters,
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
};

#[derive(Template)]
#[template(path = "following.html")]
struct FollowingPage {
    page: Page,
    posts: Vec<PostSummary>,
    older: Option<String>,
}

/// `GET /following`
pub async fn show(request: PageRequest, _: CurrentUser, Query(paging): Query<Paging>) -> PageResult {
    let posts = request.api().following(paging.cursor()).await?;
    let template = FollowingPage {
        page: request.page("Following").nav("/following").not_indexed(),
        older: next_page("/following", posts.next.as_deref()),
        posts: posts.items,
    };
    request.html(&template).await
}
