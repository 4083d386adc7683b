//! `/write` and `/posts/{id}/edit`: one form that never loses input. If it cannot be saved (invalid values, a conflict, an
//! ended session, an unavailable service), the page is shown again with everything that was typed.

mod conflict;
mod form;
mod page;

use std::time::Duration;

use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use common::{
    api::{
        posts::{PostList, PostSource},
        query::PreviewRequest,
    },
    error::ErrorCode,
    ids::PostId,
};
use runtime::{auth::CurrentUser, http::Json};
use serde::Deserialize;

use self::{
    form::{Action, FIELDS},
    page::EditorPage,
};
use super::own_posts::public_path;
use crate::{
    api::ApiError,
    error::{PageError, PageResult},
    forms::{Form, FormBody},
    preview::Preview,
    request::PageRequest,
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct EditQuery {
    done: Option<String>,
}

/// `GET /write`
pub async fn new(request: PageRequest, _: CurrentUser) -> PageResult {
    let form = Form::new().with_key();
    EditorPage::new(form).render(&request).await
}

/// `POST /write`
pub async fn create(request: PageRequest, FormBody(form): FormBody) -> PageResult {
    let mut form = form::with_key(form);
    let Some(viewer) = request.viewer() else {
        return signed_out(&request, EditorPage::new(form)).await;
    };
    let action = Action::of(&form);
    if action == Action::Preview {
        return preview(&request, EditorPage::new(form)).await;
    }
    let Some(post) = form::create_request(&mut form, action) else {
        return EditorPage::new(form).render(&request).await;
    };
    match request.api().create_post(form.value("key"), &post).await {
        Ok(post) => Ok(redirect_after(&request, action, post).await),
        Err(error) if error.is(ErrorCode::IdempotencyKeyReused) => {
            let id = PostId::from_idempotency_key(viewer.id, form.value("key"));
            resubmit(&request, id, form, action).await
        }
        Err(error) => save_failed(&request, EditorPage::new(form), error).await,
    }
}

/// The form of a new post was submitted before with other content, usually because the user returned to it. If the
/// post is unchanged since then, this is an update of it; otherwise it is a conflict.
async fn resubmit(request: &PageRequest, id: PostId, mut form: Form, action: Action) -> PageResult {
    let saved = match request.api().post_source(id).await {
        Ok(saved) => saved,
        Err(error) => return save_failed(request, EditorPage::new(form), error).await,
    };
    let list = saved.status.unwrap_or_default();
    form = form.with("list", list.as_str()).with("version", "1");
    update(request, id, form, action).await
}

/// `GET /posts/{id}/edit`
pub async fn edit(
    request: PageRequest,
    _: CurrentUser,
    Path(id): Path<String>,
    Query(query): Query<EditQuery>,
) -> PageResult {
    let post = own_post(&request, parse_id(&id)?).await?;
    let notice = match query.done.as_deref() {
        Some("saved") => Some("Saved."),
        Some("scheduled") => Some("Scheduled. It will be published automatically at that time."),
        Some("unscheduled") => Some("Returned to drafts. It will not be published automatically."),
        Some("unpublished") => Some("Unpublished. It is a draft again, and readers can no longer see it."),
        Some("restored") => Some("Revision restored."),
        _ => None,
    };
    let page = EditorPage::of(form::of_post(&post), post).with_notice(notice);
    page.render(&request).await
}

/// `POST /posts/{id}/edit`
pub async fn save(request: PageRequest, Path(id): Path<String>, FormBody(form): FormBody) -> PageResult {
    let id = parse_id(&id)?;
    let action = Action::of(&form);
    if request.viewer().is_none() {
        return signed_out(&request, EditorPage::of_id(form, id)).await;
    }
    if action == Action::Preview {
        return preview(&request, EditorPage::of_id(form, id)).await;
    }
    update(&request, id, form, action).await
}

async fn update(request: &PageRequest, id: PostId, mut form: Form, action: Action) -> PageResult {
    let version = form.value("version").parse().ok();
    if action == Action::Delete {
        return match request.api().delete_post(id, version).await {
            Ok(()) => Ok(request.see_other("/posts?done=deleted")),
            Err(error) => update_failed(request, EditorPage::of_id(form, id), error).await,
        };
    }
    let list = form::list(&form);
    let Some(post) = form::update_request(&mut form, action, list) else {
        return EditorPage::of_id(form, id).render(request).await;
    };
    match request.api().update_post(id, version, &post).await {
        Ok(post) => Ok(redirect_after(request, action, post).await),
        Err(error) => update_failed(request, EditorPage::of_id(form, id), error).await,
    }
}

/// Redirects to the post or, if it is held, to the editor, which says so.
async fn redirect_after(request: &PageRequest, action: Action, post: PostSource) -> Response {
    let post = moderated(request, post).await;
    let edit = |done: &str| format!("/posts/{}/edit?done={done}", post.id);
    let path = match action {
        Action::Publish => {
            let public = public_path(post.status, post.slug.as_deref());
            public.unwrap_or_else(|| format!("/posts/{}/edit", post.id))
        }
        Action::Schedule => edit("scheduled"),
        Action::Unschedule => edit("unscheduled"),
        Action::Unpublish => edit("unpublished"),
        Action::Save | Action::Preview | Action::Delete => edit("saved"),
    };
    request.see_other(&path)
}

/// The post as soon as moderation has decided about its published text, which takes milliseconds; if it takes longer, the
/// author learns of the decision later.
async fn moderated(request: &PageRequest, mut post: PostSource) -> PostSource {
    const WAITS: [u64; 6] = [10, 20, 40, 80, 160, 320];
    for wait in WAITS.map(Duration::from_millis) {
        if post.status != Some(PostList::Published) || post.moderation.is_some() {
            break;
        }
        tokio::time::sleep(wait).await;
        post = request.api().post_source(post.id).await.unwrap_or(post);
    }
    post
}

/// The form with a preview of its text.
async fn preview(request: &PageRequest, mut page: EditorPage) -> PageResult {
    page.preview = Some(Preview::of(page.form.value("body").to_owned()).await?);
    page.render(request).await
}

/// `POST /write/preview`: the preview for the script, as JSON.
pub async fn render_preview(
    _: CurrentUser,
    Json(PreviewRequest { body }): Json<PreviewRequest>,
) -> Result<axum::Json<Preview>, PageError> {
    Preview::of(body).await.map(axum::Json)
}

/// After a conflict, shows the differences between the saved and the submitted version.
async fn update_failed(request: &PageRequest, mut page: EditorPage, error: ApiError) -> PageResult {
    let (true, Some(id)) = (error.is(ErrorCode::VersionMismatch), page.post_id) else {
        return save_failed(request, page, error).await;
    };
    let saved = match request.api().post_source(id).await {
        Ok(saved) => saved,
        Err(error) => return save_failed(request, page, error).await,
    };
    page.conflict = Some(conflict::differences(&saved, &page.form).await?);
    page.base_version = Some(page.form.value("version").to_owned());
    // The page shows the saved version, so saving again replaces it.
    page.form = page
        .form
        .with("version", saved.version.to_string())
        .with("list", saved.status.unwrap_or_default().as_str());
    page.form.set_status(StatusCode::PRECONDITION_FAILED);
    page.post = Some(saved);
    page.render(request).await
}

/// All other errors.
async fn save_failed(request: &PageRequest, mut page: EditorPage, error: ApiError) -> PageResult {
    let signed_out_codes = [
        ErrorCode::Unauthenticated,
        ErrorCode::InvalidToken,
        ErrorCode::SessionRevoked,
    ];
    if signed_out_codes.into_iter().any(|code| error.is(code)) {
        return signed_out(request, page).await;
    }
    // Also for the draft of another user.
    if error.is(ErrorCode::NotFound) {
        return offer_new_post(
            request,
            page.form,
            StatusCode::NOT_FOUND,
            "this post doesn't exist",
        )
        .await;
    }
    if error.is(ErrorCode::Gone) {
        return offer_new_post(request, page.form, StatusCode::GONE, "this post has been deleted").await;
    }
    page.form.add_api_error(error, FIELDS)?;
    page.render(request).await
}

async fn signed_out(request: &PageRequest, mut page: EditorPage) -> PageResult {
    const MESSAGE: &str = "you are signed out. Your text is kept: sign in in another tab, then save it again";
    page.form.fail(StatusCode::UNAUTHORIZED, MESSAGE);
    page.offer_sign_in = true;
    page.render(request).await
}

/// The post does not exist: the text can be saved as a new post.
async fn offer_new_post(request: &PageRequest, form: Form, status: StatusCode, reason: &str) -> PageResult {
    let mut form = form::with_new_key(form);
    let message = format!("{reason}. Your text is kept, and you can save it as a new post");
    form.fail(status, &message);
    EditorPage::new(form).render(request).await
}

/// The viewer's own post.
pub(super) async fn own_post(request: &PageRequest, id: PostId) -> Result<PostSource, PageError> {
    let post = request.api().post_source(id).await;
    post.map_err(|error| PageError::not_found(error, "post"))
}

pub(super) fn parse_id(id: &str) -> Result<PostId, PageError> {
    id.parse().ok().ok_or(PageError::NotFound("post"))
}
