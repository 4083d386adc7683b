//! `/p/{slug}`: a post with its comments.

use askama::Template;
use axum::extract::{Path, Query};
use common::api::query::Post;
use serde_json::json;

use super::{
    discussion::{Discussion, Position},
    editor::own_post,
    lookup::{ViewerRelation, find_post},
    revisions::preview_page,
};
use crate::{
    error::{PageError, PageResult},
    excerpt::is_beginning,
    filters,
    forms::Form,
    links::{DisplayName as _, PagePath as _},
    page::{Article, Page},
    request::PageRequest,
    review::ReviewNotice,
};

#[derive(Template)]
#[template(path = "post.html")]
struct PostPage {
    page: Page,
    post: Post,
    discussion: Discussion,
    relation: ViewerRelation,
    /// Whether the viewer is the author.
    own: bool,
    /// Whether the author wrote a summary.
    has_summary: bool,
}

/// `GET /p/{slug}`
pub async fn show(
    request: PageRequest,
    Path(slug): Path<String>,
    Query(position): Query<Position>,
) -> PageResult {
    let post = match find_post(&request, &slug).await {
        Err(PageError::NotFound(_)) if request.viewer().is_some() => return held(&request, &slug).await,
        post => post?,
    };
    render(&request, post, &position, Form::new()).await
}

/// The author's own post that moderation holds or has taken down: its author can still read it.
async fn held(request: &PageRequest, slug: &str) -> PageResult {
    let own = request.api().own_post_with_slug(slug).await?.items.pop();
    match own.filter(|post| ReviewNotice::of_post(post.moderation.as_ref()).is_some()) {
        Some(post) => preview_page(request, own_post(request, post.id).await?).await,
        None => Err(PageError::NotFound("post")),
    }
}

/// The page of `post` with its comments at `position`, and the comment form.
pub(super) async fn render(request: &PageRequest, post: Post, position: &Position, form: Form) -> PageResult {
    let author = post.summary.author.as_ref().map(|author| author.id);
    let (discussion, relation) = tokio::join!(
        Discussion::load(request, &post, position, form),
        ViewerRelation::load(request, Some(post.summary.id), author)
    );
    let page = frame(request, &post, &post.summary.path());
    let template = PostPage {
        relation,
        own: author.is_some_and(|author| page.is_viewer(&author)),
        page,
        has_summary: !is_beginning(&post.html, &post.summary.summary),
        post,
        discussion,
    };
    request.form_html(template.discussion.form(), &template).await
}

fn frame(request: &PageRequest, post: &Post, path: &str) -> Page {
    let summary = &post.summary;
    let page = request.page(&summary.title);
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
        "inLanguage": summary.language,
        "image": summary.cover,
        "author": summary.author.as_ref().map(|author| json!({
            "@type": "Person", "name": author.display_name(), "url": author_url,
        })),
        "publisher": { "@type": "Organization", "name": request.site().name, "url": request.site().url },
    });
    page.description(&summary.summary)
        .canonical(path)
        .image(summary.cover.as_deref())
        .article(Article {
            published_at: summary.published_at,
            updated_at: summary.updated_at,
            author_url,
            tags: summary.tags.clone(),
            language: summary.language.clone(),
        })
        .json_ld(data)
        .entry("src/comments.ts")
        // The summary is in italics.
        .preload_fonts(&format!("<em>{}", post.html))
}
