//! `/posts`: what one has written oneself, by where it stands.

use askama::Template;
use axum::extract::Query;
use common::api::Page as List;
use runtime::auth::CurrentUser;
use serde::Deserialize;

use crate::{
    api::{
        segment, with_query,
        writing::{Headline, Shelf},
    },
    failure::PageResult,
    filters,
    page::Page,
    reasons,
    visit::Visit,
};

/// Which of them.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    status: Option<String>,
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "own-posts.html")]
struct OwnPosts {
    page: Page,
    shelf: Shelf,
    posts: List<Headline>,
    older: Option<String>,
    first: bool,
}

/// `GET /posts`
pub async fn show(visit: Visit, _: CurrentUser, Query(place): Query<Place>) -> PageResult {
    let shelf = place.status.as_deref().and_then(Shelf::named).unwrap_or_default();
    let posts = visit.api().own_posts(shelf, place.after.as_deref()).await?.value;
    let older = |next: &str| {
        with_query(
            "/posts",
            &[("status", Some(shelf.as_str())), ("after", Some(next))],
        )
    };
    let notice = (place.done.as_deref() == Some("deleted")).then_some("Post deleted.");
    let template = OwnPosts {
        page: visit.page("Your posts").not_indexed().notice(notice),
        shelf,
        older: posts.next.as_deref().map(older),
        first: place.after.is_none(),
        posts,
    };
    visit.html(&template).await
}

impl Headline {
    /// Its page for readers, while it is published.
    fn path(&self) -> Option<String> {
        let slug = self.slug.as_ref().filter(|_| self.shelf() == Shelf::Published);
        slug.map(|slug| format!("/p/{}", segment(slug)))
    }

    fn judged(&self) -> Option<reasons::Judged> {
        reasons::of_post(self.moderation.as_ref())
    }
}
