//! What a reader does about a post or its author with one button: like, follow.

use axum::extract::Path;
use common::ids::{PostId, UserId};
use runtime::auth::CurrentUser;

use super::post::find;
use crate::{
    api::reading::ViewerState,
    failure::PageResult,
    forms::FormBody,
    visit::{Visit, local_path},
};

/// What the viewer has done; of nobody nothing. A page is worth having without it.
pub(super) async fn viewer_state(visit: &Visit, post: Option<PostId>, author: Option<UserId>) -> ViewerState {
    if visit.viewer().is_none() {
        return ViewerState::default();
    }
    let state = visit.api().viewer_state(post, author).await;
    state.unwrap_or_default()
}

/// `POST /p/{slug}/reaction` with `reaction`: `like` or `none`.
pub async fn like(
    visit: Visit,
    _: CurrentUser,
    Path(slug): Path<String>,
    FormBody(form): FormBody,
) -> PageResult {
    let post = match find(&visit, &slug).await? {
        Ok(post) => post,
        Err(moved) => return Ok(moved),
    };
    visit
        .api()
        .like(post.summary.id, form.value("reaction") != "none")
        .await?;
    Ok(visit.see_other(&post.summary.path()))
}

/// `POST /@{username}/follow` with `follow`: `true` or `false`, and in `next` the page to come back to.
pub async fn follow(
    visit: Visit,
    _: CurrentUser,
    Path(username): Path<String>,
    FormBody(form): FormBody,
) -> PageResult {
    let profile = visit.api().profile(&username).await?;
    visit
        .api()
        .follow(profile.id, form.value("follow") != "false")
        .await?;
    let own = profile.author().path();
    Ok(visit.see_other(local_path(form.value("next")).unwrap_or(&own)))
}
