//! `/@{username}`: a user and their posts.

use askama::Template;
use axum::extract::{Path, Query};
use common::api::query::{PostFilter, PostSummary, Profile};
use serde_json::json;

use super::{lookup::ViewerRelation, paging::ListQuery};
use crate::{
    error::{PageError, PageResult},
    filters,
    links::{DisplayName as _, PagePath as _},
    page::Page,
    request::PageRequest,
    url::with_query,
};

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    page: Page,
    profile: Profile,
    posts: Vec<PostSummary>,
    older: Option<String>,
    follows: bool,
    own: bool,
}

/// `GET /@{username}`
pub async fn show(
    request: PageRequest,
    Path(username): Path<String>,
    Query(list): Query<ListQuery>,
) -> PageResult {
    let filter = PostFilter {
        author: Some(username.clone()),
        ..PostFilter::default()
    };
    let (profile, posts) = tokio::join!(
        request.api().profile(&username),
        request.api().posts(&filter, list.cursor())
    );
    let profile = profile.map_err(|error| PageError::not_found(error, "user"))?;
    let posts = posts?;
    let path = profile.path();
    let page = frame(&request, &profile).canonical(&with_query(&path, &[("after", list.cursor())]));
    let relation = ViewerRelation::load(&request, None, Some(profile.id)).await;
    let template = ProfilePage {
        own: page.is_viewer(&profile.id),
        page,
        older: list.next_page(&path, posts.next.as_deref()),
        posts: posts.items,
        follows: relation.follows,
        profile,
    };
    request.html(&template).await
}

fn frame(request: &PageRequest, profile: &Profile) -> Page {
    let name = profile.display_name();
    let page = request.page(name);
    let description = match profile.bio.trim() {
        "" => format!("Posts by {name}, newest first."),
        bio => bio.to_owned(),
    };
    let data = json!({
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "dateCreated": profile.created_at,
        "mainEntity": {
            "@type": "Person",
            "identifier": profile.id,
            "name": name,
            "alternateName": profile.username,
            "description": profile.bio,
            "url": page.absolute(&profile.path()),
        },
    });
    page.description(description)
        .feeds(&profile.path(), name)
        .json_ld(data)
}
