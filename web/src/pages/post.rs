//! `/p/{slug}`: one post with its comments.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use common::http::Page as List;
use serde_json::json;

use super::{home::Paging, reactions::viewer_state, threads::Thread};
use crate::{
    api::{
        reading::{Comment, Found, Post, ViewerState},
        segment, with_query,
    },
    failure::{Failure, PageResult},
    filters,
    page::{Article, Page},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "post.html")]
struct PostPage {
    page: Page,
    post: Post,
    /// `None` while comments cannot be read.
    comments: Option<List<Comment>>,
    more_comments: Option<String>,
    state: ViewerState,
    /// Whether the viewer wrote it.
    own: bool,
}

/// `GET /p/{slug}`
pub async fn show(visit: Visit, Path(slug): Path<String>, Query(paging): Query<Paging>) -> PageResult {
    let post = match find(&visit, &slug).await? {
        Ok(post) => post,
        Err(moved) => return Ok(moved),
    };
    let path = post.summary.path();
    let author = post.summary.author.as_ref();
    let (comments, state) = tokio::join!(
        visit.api().threads(post.summary.id, paging.after.as_deref()),
        viewer_state(&visit, Some(post.summary.id), author.map(|author| author.id))
    );
    let comments = comments.ok().map(|comments| comments.value);
    let next = comments.as_ref().and_then(|comments| comments.next.as_deref());
    let template = PostPage {
        more_comments: next.map(|next| with_query(&path, &[("after", Some(next))])),
        own: visit
            .viewer()
            .zip(author)
            .is_some_and(|(viewer, author)| viewer.id == author.id),
        page: frame(&visit, &post, &path),
        post,
        comments,
        state,
    };
    visit.html(&template).await
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
}
