//! `/p/{slug}`: one post with its comments.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use serde_json::json;

use super::{
    discussion::{Discussion, Place},
    reactions::viewer_state,
};
use crate::{
    api::{
        reading::{Found, Post, ViewerState},
        segment,
    },
    failure::{Failure, PageResult},
    filters,
    forms::Form,
    page::{Article, Page},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "post.html")]
struct PostPage {
    page: Page,
    post: Post,
    discussion: Discussion,
    state: ViewerState,
    /// Whether the viewer wrote it.
    own: bool,
}

/// `GET /p/{slug}`
pub async fn show(visit: Visit, Path(slug): Path<String>, Query(place): Query<Place>) -> PageResult {
    let post = match find(&visit, &slug).await? {
        Ok(post) => post,
        Err(moved) => return Ok(moved),
    };
    page(&visit, post, &place, Form::new(), StatusCode::OK).await
}

/// The page of `post` with its discussion at `place`, and a form to join it.
pub(super) async fn page(
    visit: &Visit,
    post: Post,
    place: &Place,
    form: Form,
    status: StatusCode,
) -> PageResult {
    let author = post.summary.author.as_ref();
    let (discussion, state) = tokio::join!(
        Discussion::of(visit, &post, place, form),
        viewer_state(visit, Some(post.summary.id), author.map(|author| author.id))
    );
    let template = PostPage {
        state,
        own: visit
            .viewer()
            .zip(author)
            .is_some_and(|(viewer, author)| viewer.id == author.id),
        page: frame(visit, &post, &post.summary.path()),
        post,
        discussion,
    };
    visit.html_with(status, &template).await
}

/// The post at a slug or id, or the redirection to where it is now.
pub(super) async fn find(visit: &Visit, slug: &str) -> Result<Result<Post, Response>, Failure> {
    match visit.api().read_post(slug).await {
        Ok(Found::Post(post)) => Ok(Ok(post.value)),
        Ok(Found::Moved(slug)) => Ok(Err(visit.moved(&format!("/p/{}", segment(slug))))),
        Err(trouble) if trouble.is("not_found") => Err(Failure::NotFound("post")),
        Err(trouble) => Err(trouble.into()),
    }
}

fn frame(visit: &Visit, post: &Post, path: &str) -> Page {
    let summary = &post.summary;
    let page = visit.page(&summary.title);
    let author_url = summary
        .author
        .as_ref()
        .map(|author| page.absolute(&author.path()));
    let data = json!({
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": summary.title,
        "description": summary.summary,
        "url": page.absolute(path),
        "mainEntityOfPage": page.absolute(path),
        "datePublished": summary.published_at,
        "dateModified": summary.updated_at,
        "wordCount": post.words,
        "commentCount": summary.counts.comments,
        "keywords": summary.tags,
        "image": summary.cover,
        "author": summary.author.as_ref().map(|author| json!({
            "@type": "Person", "name": author.shown(), "url": author_url,
        })),
        "publisher": { "@type": "Organization", "name": visit.site().name, "url": visit.site().url },
    });
    page.described(&summary.summary)
        .canonical(path)
        .with_image(summary.cover.as_deref())
        .article(Article {
            published_at: summary.published_at,
            updated_at: summary.updated_at,
            author_url,
            tags: summary.tags.clone(),
        })
        .json_ld(&data)
        .with_entry(visit, "src/comments.ts")
        // The summary is in italics.
        .showing(visit, &format!("<em>{}", post.html))
}
