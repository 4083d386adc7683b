//! What whoever is signed in is to a page.

use axum::response::Response;
use common::ids::{PostId, UserId};
use runtime::{
    auth::CurrentUser,
    http::{ProblemResponses, Query},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::Reader;
use crate::reads::ViewerView;

/// What a page shows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Shown {
    /// Whether you follow this person is answered as `following`
    author: Option<UserId>,
    /// How you react to this post is answered as `reaction`
    post: Option<PostId>,
}

/// What you are to an author and a post: all that a page's buttons need
#[utoipa::path(get, path = "/api/query/viewer", params(Shown), tag = "users",
    responses((status = 200, body = ViewerView), (status = 304, description = "Not modified"),
        (status = 401, description = "Nobody is signed in"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn show(user: CurrentUser, Query(shown): Query<Shown>, reader: Reader) -> Response {
    let read = reader.app.reads.viewer(user.id, shown.author, shown.post);
    reader.own_answer(read).await
}
