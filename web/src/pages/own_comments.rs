//! `/comments`: the viewer's own comments with their status; and `/comments/{id}/edit`.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
};
use common::{
    api::{
        comments::{Comment, FullComment},
        query::PostSummary,
    },
    error::ErrorCode,
    event::CommentStatus,
    ids::CommentId,
};
use runtime::auth::CurrentUser;
use serde::Deserialize;

use crate::{
    api::Names,
    error::{PageError, PageResult},
    filters,
    forms::{Form, FormBody},
    links::PagePath as _,
    page::Page,
    request::PageRequest,
    review::ReviewNotice,
    url::with_query,
};

/// The fields that can have errors.
const FIELDS: &[&str] = &["body"];

const NOT_FOUND: PageError = PageError::NotFound("comment");

/// The tabs: a status of the API, and its label.
const TABS: [(&str, &str); 4] = [
    ("", "All"),
    ("pending", "Pending"),
    ("approved", "Published"),
    ("rejected", "Rejected"),
];

#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    status: Option<String>,
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "own-comments.html")]
struct OwnCommentsPage {
    page: Page,
    status: &'static str,
    comments: Vec<FullComment>,
    names: Names,
    older: Option<String>,
    first: bool,
}

impl OwnCommentsPage {
    /// The class and the label of a comment's badge.
    fn badge(comment: &FullComment) -> (&'static str, &'static str) {
        match comment.status {
            CommentStatus::Pending => ("pending", "Pending"),
            CommentStatus::Rejected => ("rejected", "Rejected"),
            _ => ("approved", "Published"),
        }
    }
}

/// `GET /comments`
pub async fn list(request: PageRequest, _: CurrentUser, Query(query): Query<ListQuery>) -> PageResult {
    let selected = |(status, _): &&(&str, &str)| Some(*status) == query.status.as_deref();
    let status = TABS.iter().find(selected).map_or("", |(status, _)| *status);
    let filter = Some(status).filter(|status| !status.is_empty());
    let comments = request.api().own_comments(filter, query.after.as_deref()).await?;
    let posts = comments.items.iter().map(|comment| comment.post_id);
    let names = request.api().names([], posts).await;
    let older = |next: &str| with_query("/comments", &[("status", filter), ("after", Some(next))]);
    let notice = (query.done.as_deref() == Some("deleted")).then_some("Comment deleted.");
    let template = OwnCommentsPage {
        page: request.page("Your comments").not_indexed().notice(notice),
        status,
        names,
        older: comments.next.as_deref().map(older),
        first: query.after.is_none(),
        comments: comments.items,
    };
    request.html(&template).await
}

#[derive(Template)]
#[template(path = "edit-comment.html")]
struct EditCommentPage<'a> {
    page: Page,
    comment: &'a FullComment,
    review: Option<ReviewNotice>,
    post: Option<&'a PostSummary>,
    form: Form,
    /// The saved text, if it changed since the page was opened.
    saved: Option<&'a str>,
}

/// `GET /comments/{id}/edit`
pub async fn edit(request: PageRequest, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    let comment = own_comment(&request, &user, parse(&id)?).await?;
    let form = Form::new()
        .with("body", comment.body.as_deref().unwrap_or_default())
        .with("version", comment.version.to_string());
    edit_page(&request, &comment, form, StatusCode::OK).await
}

/// `POST /comments/{id}/edit`: saves the text, or deletes the comment.
pub async fn save(
    request: PageRequest,
    user: CurrentUser,
    Path(id): Path<String>,
    FormBody(mut form): FormBody,
) -> PageResult {
    let id = parse(&id)?;
    // Version 0 never matches.
    let version = form.value("version").parse().unwrap_or(0);
    let error = if form.value("action") == "delete" {
        match request.api().delete_comment(id, version).await {
            Ok(()) => return Ok(request.see_other("/comments?done=deleted")),
            Err(error) => error,
        }
    } else {
        match request.api().edit_comment(id, version, form.value("body")).await {
            Ok(comment) => return Ok(request.see_other(&public_path(&request, &comment).await)),
            Err(error) => error,
        }
    };
    let conflict = error.is(ErrorCode::VersionMismatch);
    form.add_api_error(error, FIELDS)?;
    let comment = own_comment(&request, &user, id).await?;
    if conflict {
        // The page shows the saved text, so saving again replaces it.
        form = form.with("version", comment.version.to_string());
        return edit_page(&request, &comment, form, StatusCode::PRECONDITION_FAILED).await;
    }
    let status = form.status();
    edit_page(&request, &comment, form, status).await
}

async fn edit_page(
    request: &PageRequest,
    comment: &FullComment,
    form: Form,
    status: StatusCode,
) -> PageResult {
    let names = request.api().names([], [comment.post_id]).await;
    let saved = comment.body.as_deref();
    let template = EditCommentPage {
        page: request.page("Edit comment").not_indexed(),
        review: ReviewNotice::of_comment(comment),
        post: names.post(&comment.post_id),
        saved: saved.filter(|_| status == StatusCode::PRECONDITION_FAILED),
        comment,
        form,
    };
    request.html_with_status(status, &template).await
}

/// The path of the comment on its post's page; the list of own comments while the read side is unavailable.
async fn public_path(request: &PageRequest, comment: &FullComment) -> String {
    let names = request.api().names([], [comment.post_id]).await;
    match names.post(&comment.post_id) {
        Some(post) => format!("{}#comment-{}", post.path(), comment.id),
        None => "/comments".to_owned(),
    }
}

/// The user's own comment. Moderators can read the comments of others in full, but not edit them.
async fn own_comment(
    request: &PageRequest,
    user: &CurrentUser,
    id: CommentId,
) -> Result<FullComment, PageError> {
    match request.api().comment(id).await {
        Ok(Comment::Full(comment)) if comment.author_id == Some(user.id) => Ok(comment),
        Ok(_) => Err(NOT_FOUND),
        Err(error) if error.is(ErrorCode::Gone) => Err(NOT_FOUND),
        Err(error) => Err(PageError::not_found(error, "comment")),
    }
}

fn parse(id: &str) -> Result<CommentId, PageError> {
    id.parse().ok().ok_or(NOT_FOUND)
}
