//! `/@{username}`: a person and what they have published.

use askama::Template;
use axum::extract::{Path, Query};
use serde_json::json;

use super::{home::Paging, reactions::viewer_state};
use crate::{
    api::{
        reading::{Author, PostFilter, PostSummary, Profile},
        with_query,
    },
    failure::{Failure, PageResult},
    filters,
    page::Page,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "author.html")]
struct AuthorPage {
    page: Page,
    profile: Profile,
    author: Author,
    posts: Vec<PostSummary>,
    older: Option<String>,
    follows: bool,
    own: bool,
}

/// `GET /@{username}`
pub async fn show(visit: Visit, Path(username): Path<String>, Query(paging): Query<Paging>) -> PageResult {
    let filter = PostFilter {
        author: Some(&username),
        ..PostFilter::default()
    };
    let after = paging.after.as_deref();
    let (profile, posts) = tokio::join!(visit.api().profile(&username), visit.api().posts(filter, after));
    let profile = match profile {
        Ok(profile) => profile.value,
        Err(trouble) if trouble.is("not_found") => return Err(Failure::NotFound("user")),
        Err(trouble) => return Err(trouble.into()),
    };
    let (posts, author) = (posts?.value, profile.author());
    let path = author.path();
    let page = frame(&visit, &profile, &author).canonical(&with_query(&path, &[("after", after)]));
    let template = AuthorPage {
        own: page.is_viewer(&profile.id),
        page,
        older: paging.older(&path, posts.next.as_deref()),
        posts: posts.items,
        follows: viewer_state(&visit, None, Some(profile.id)).await.follows(),
        author,
        profile,
    };
    visit.html(&template).await
}

fn frame(visit: &Visit, profile: &Profile, author: &Author) -> Page {
    let page = visit.page(author.shown());
    let description = match profile.bio.trim() {
        "" => format!("Posts by {}, newest first.", author.shown()),
        bio => bio.to_owned(),
    };
    let data = json!({
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "dateCreated": profile.created_at,
        "mainEntity": {
            "@type": "Person",
            "identifier": profile.id,
            "name": author.shown(),
            "alternateName": profile.username,
            "description": profile.bio,
            "url": page.absolute(&author.path()),
        },
    });
    page.described(description)
        .with_feeds(&author.path(), author.shown())
        .json_ld(data)
}
