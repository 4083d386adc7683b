//! What whoever is signed in is to a page.

use axum::response::Response;
use common::api::query::{ViewerQuery, ViewerState};
use runtime::{
    auth::CurrentUser,
    http::{ProblemResponses, Query},
};

use super::answer::Reader;

/// What you are to an author and a post: all that a page's buttons need
#[utoipa::path(get, path = "/api/query/viewer", params(ViewerQuery), tag = "users",
    responses((status = 200, body = ViewerState), (status = 304, description = "Not modified"),
        (status = 401, description = "Nobody is signed in"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn show(user: CurrentUser, Query(query): Query<ViewerQuery>, reader: Reader) -> Response {
    let read = reader.app.reads.viewer(user.id, query.author, query.post);
    reader.own_answer(read).await
}
