//! Users.

use axum::response::Response;
use common::{
    api::{
        Page,
        query::{Author, Profile, UserFilter, ViewerQuery, ViewerState},
    },
    error::ErrorCode,
    ids::UserId,
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{Path, ProblemResponses, Query},
};

use super::{parameters::ids, response::ReadRequest};
use crate::reads;

/// Return the names of users, by their ids
///
/// Unknown and deleted users are omitted.
#[utoipa::path(get, path = "/api/query/users", params(UserFilter), tag = "users",
    responses((status = 200, body = Page<Author>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(
    Query(filter): Query<UserFilter>,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let required = || ApiError::field("ids", ErrorCode::Required, "is required");
    let ids: Vec<UserId> = ids("ids", filter.ids)?.ok_or_else(required)?;
    let key = format!("users\n{ids:?}");
    Ok(request.public(&key, |live| reads::users(live, &ids)).await)
}

/// Return a user's profile, by user name in any case
#[utoipa::path(get, path = "/api/query/users/{username}", params(("username" = String, Path)), tag = "users",
    responses((status = 200, body = Profile), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn show(Path(username): Path<String>, request: ReadRequest) -> Response {
    let key = format!("user\n{}", username.to_lowercase());
    request.public(&key, |live| reads::profile(live, &username)).await
}

/// Return the signed-in user's relation to an author and a post
#[utoipa::path(get, path = "/api/query/viewer", params(ViewerQuery), tag = "users",
    responses((status = 200, body = ViewerState), (status = 304, description = "Not modified"),
        (status = 401, description = "Not signed in"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub(super) async fn viewer(
    user: CurrentUser,
    Query(query): Query<ViewerQuery>,
    request: ReadRequest,
) -> Result<Response, ApiError> {
    let read = |live| reads::viewer(live, user.id, query);
    request.private(read).await
}
