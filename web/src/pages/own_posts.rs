//! `/posts`: the viewer's own posts, by list.

use askama::Template;
use axum::extract::Query;
use common::api::posts::{PostList, PostSummary};
use runtime::auth::CurrentUser;

use super::paging::ListQuery;
use crate::{
    error::PageResult, filters, page::Page, request::PageRequest, review::ReviewNotice, url::segment,
};

#[derive(Template)]
#[template(path = "own-posts.html")]
struct OwnPostsPage {
    page: Page,
    list: PostList,
    posts: Vec<PostSummary>,
    older: Option<String>,
    first: bool,
}

/// `GET /posts`
pub async fn list(request: PageRequest, _: CurrentUser, Query(query): Query<ListQuery>) -> PageResult {
    let list = list_of(query.status.as_deref().unwrap_or_default());
    let posts = request.api().own_posts(list, query.cursor()).await?;
    let notice = query.notice("deleted", "Post deleted.");
    let template = OwnPostsPage {
        page: request.page("Your posts").not_indexed().notice(notice),
        list,
        older: query.next_page("/posts", posts.next.as_deref()),
        first: query.is_first_page(),
        posts: posts.items,
    };
    request.html(&template).await
}

impl OwnPostsPage {
    /// The path of the post for readers, if it is published.
    fn public_path(post: &PostSummary) -> Option<String> {
        public_path(post.status, post.slug.as_deref())
    }

    fn review(post: &PostSummary) -> Option<ReviewNotice> {
        ReviewNotice::of_post(post.moderation.as_ref())
    }
}

/// The list with this name; drafts by default.
pub(super) fn list_of(name: &str) -> PostList {
    let mut lists = PostList::ALL.into_iter();
    lists.find(|list| list.as_str() == name).unwrap_or_default()
}

/// The path of a post for readers, if it is published.
pub(super) fn public_path(list: Option<PostList>, slug: Option<&str>) -> Option<String> {
    let slug = slug.filter(|_| list == Some(PostList::Published));
    slug.map(|slug| format!("/p/{}", segment(slug)))
}
