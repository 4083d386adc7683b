//! `/following`: posts of the users whom the signed-in user follows.

use askama::Template;
use axum::extract::Query;
use common::api::query::PostSummary;
use runtime::auth::CurrentUser;

use super::paging::ListQuery;
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
pub async fn show(request: PageRequest, _: CurrentUser, Query(list): Query<ListQuery>) -> PageResult {
    let posts = request.api().following(list.cursor()).await?;
    let template = FollowingPage {
        page: request.page("Following").nav("/following").not_indexed(),
        older: list.next_page("/following", posts.next.as_deref()),
        posts: posts.items,
    };
    request.html(&template).await
}
