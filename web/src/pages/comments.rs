//! `/p/{slug}/comments`: the comments of a post without the page around them, and new comments.

use axum::{
    extract::{Path, Query},
    http::StatusCode,
};
use common::{api::comments::CreateComment, error::ErrorCode, ids::CommentId};
use serde::Deserialize;

use super::{
    discussion::{Discussion, Position},
    lookup::find_post,
    post::render,
};
use crate::{
    api::ApiError,
    error::{PageError, PageResult},
    forms::{Form, FormBody},
    links::PagePath as _,
    request::PageRequest,
};

/// The fields that can have errors.
const FIELDS: &[&str] = &["body"];

#[derive(Debug, Default, Deserialize)]
pub(super) struct FragmentQuery {
    after: Option<String>,
    fragment: Option<String>,
}

/// `GET /p/{slug}/comments`: with `fragment`, the content of the section, for a page that is already open.
pub async fn fragment(
    request: PageRequest,
    Path(slug): Path<String>,
    Query(query): Query<FragmentQuery>,
) -> PageResult {
    let post = find_post(&request, &slug).await?;
    if query.fragment.is_none() {
        return Ok(request.see_other(&format!("{}#comments", post.summary.path())));
    }
    let position = Position {
        after: query.after,
        reply: None,
    };
    let discussion = Discussion::load(&request, &post, &position, Form::new()).await;
    request.html(&discussion).await
}

/// `POST /p/{slug}/comments`
pub async fn create(request: PageRequest, Path(slug): Path<String>, FormBody(form): FormBody) -> PageResult {
    let mut form = form.with_key();
    let post = find_post(&request, &slug).await?;
    if request.viewer().is_none() {
        const MESSAGE: &str =
            "you are signed out. Your text is kept: sign in in another tab, then post it again";
        form.fail(StatusCode::UNAUTHORIZED, MESSAGE);
        return render(&request, post, &Position::default(), form).await;
    }
    let parent_id = match form.given("parent_id").map(str::parse::<CommentId>) {
        None => None,
        Some(Ok(parent)) => Some(parent),
        Some(Err(_)) => return Err(PageError::NotFound("comment")),
    };
    let comment = CreateComment {
        post_id: post.summary.id,
        parent_id,
        body: form.value("body").to_owned(),
    };
    let created = request
        .api()
        .create_comment(form.value("key"), post.summary.version, &comment)
        .await;
    match created {
        Ok(comment) => Ok(request.see_other(&format!("{}#comment-{}", post.summary.path(), comment.id))),
        Err(error) => {
            add_error(&mut form, error)?;
            render(&request, post, &Position::default(), form).await
        }
    }
}

fn add_error(form: &mut Form, error: ApiError) -> Result<(), PageError> {
    if error.is(ErrorCode::IdempotencyKeyReused) {
        // The user returned to a submitted form and typed another comment.
        *form = std::mem::take(form).with_new_key();
        form.add_alert(
            "this form was already used for a different comment. Post it again to add this as a new comment",
        );
        return Ok(());
    }
    if error.is(ErrorCode::Gone) {
        form.add_alert("the comment you are replying to has been deleted");
        return Ok(());
    }
    form.add_api_error(error, FIELDS)
}
