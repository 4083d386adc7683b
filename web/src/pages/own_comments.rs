//! `/comments`: the viewer's own comments with their status; and `/comments/{id}/edit`.

use askama::Template;
use axum::extract::{Path, Query};
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

use super::paging::ListQuery;
use crate::{
    api::Names,
    error::{PageError, PageResult},
    filters,
    forms::{Form, FormBody},
    links::PagePath as _,
    page::Page,
    request::PageRequest,
    review::ReviewNotice,
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
    let comments = request.api().own_comments(filter, query.cursor()).await?;
    let posts = comments.items.iter().map(|comment| comment.post_id);
    let names = request.api().names([], posts).await;
    let notice = query.notice("deleted", "Comment deleted.");
    let template = OwnCommentsPage {
        page: request.page("Your comments").not_indexed().notice(notice),
        status,
        names,
        older: query.next_page("/comments", comments.next.as_deref()),
        first: query.is_first_page(),
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
    edit_page(&request, &comment, form).await
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
    let saved = if form.value("action") == "delete" {
        let deleted = request.api().delete_comment(id, version).await;
        deleted.map(|()| "/comments?done=deleted".to_owned())
    } else {
        match request.api().edit_comment(id, version, form.value("body")).await {
            Ok(comment) => Ok(public_path(&request, &comment).await),
            Err(error) => Err(error),
        }
    };
    let error = match saved {
        Ok(path) => return Ok(request.see_other(&path)),
        Err(error) => error,
    };
    form.add_api_error(error, FIELDS)?;
    let comment = own_comment(&request, &user, id).await?;
    if form.is_outdated() {
        // The page shows the saved text, so saving again replaces it.
        form = form.with("version", comment.version.to_string());
    }
    edit_page(&request, &comment, form).await
}

async fn edit_page(request: &PageRequest, comment: &FullComment, form: Form) -> PageResult {
    let names = request.api().names([], [comment.post_id]).await;
    let template = EditCommentPage {
        page: request.page("Edit comment").not_indexed(),
        review: ReviewNotice::of_comment(comment),
        post: names.post(&comment.post_id),
        saved: comment.body.as_deref().filter(|_| form.is_outdated()),
        comment,
        form,
    };
    request.form_html(&template.form, &template).await
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
