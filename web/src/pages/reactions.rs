//! Likes and follows.

use axum::extract::Path;
use runtime::auth::CurrentUser;

use super::lookup::find_post;
use crate::{
    error::PageResult, forms::FormBody, links::PagePath as _, request::PageRequest, url::local_path,
};

/// `POST /p/{slug}/reaction` with `reaction`: `like` or `none`.
pub async fn like(
    request: PageRequest,
    _: CurrentUser,
    Path(slug): Path<String>,
    FormBody(form): FormBody,
) -> PageResult {
    let post = find_post(&request, &slug).await?;
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
