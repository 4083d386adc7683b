//! Likes and follows.

use axum::extract::Path;
use common::ids::{PostId, UserId};
use runtime::auth::CurrentUser;

use super::post::{Lookup, find};
use crate::{
    error::PageResult, forms::FormBody, links::PagePath as _, request::PageRequest, url::local_path,
};

/// Whether the signed-in user likes a post and follows its author.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ViewerRelation {
    pub(super) likes: bool,
    pub(super) follows: bool,
}

impl ViewerRelation {
    /// Loads it. Anonymous visitors have none, and pages can be shown without it.
    pub(super) async fn load(request: &PageRequest, post: Option<PostId>, author: Option<UserId>) -> Self {
        if request.viewer().is_none() {
            return Self::default();
        }
        let state = request.api().viewer_state(post, author).await;
        state.map_or_else(
            |_| Self::default(),
            |state| Self {
                likes: state.reaction.is_some(),
                follows: state.following == Some(true),
            },
        )
    }
}

/// `POST /p/{slug}/reaction` with `reaction`: `like` or `none`.
pub async fn like(
    request: PageRequest,
    _: CurrentUser,
    Path(slug): Path<String>,
    FormBody(form): FormBody,
) -> PageResult {
    let post = match find(&request, &slug).await? {
        Lookup::Found(post) => post,
        Lookup::Redirect(redirect) => return Ok(redirect),
    };
    let like = form.value("reaction") != "none";
    request.api().like(post.summary.id, like).await?;
    Ok(request.see_other(&post.summary.path()))
}

/// `POST /@{username}/follow` with `follow`: `true` or `false`, and in `next` the page to return to.
pub async fn follow(
    request: PageRequest,
    _: CurrentUser,
    Path(username): Path<String>,
    FormBody(form): FormBody,
) -> PageResult {
    let profile = request.api().profile(&username).await?;
    let follow = form.value("follow") != "false";
    request.api().follow(profile.id, follow).await?;
    let own_page = profile.path();
    Ok(request.see_other(local_path(form.value("next")).unwrap_or(&own_page)))
}
