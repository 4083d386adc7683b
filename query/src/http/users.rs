//! People.

use axum::response::Response;
use common::{
    api::{
        Page,
        query::{Author, Profile, UserFilter},
    },
    error::ErrorCode,
    ids::UserId,
};
use runtime::{
    error::ApiError,
    http::{Path, ProblemResponses, Query},
};

use super::{answer::Reader, filter::ids};

/// The names of people, by their ids
///
/// Those who are not known or gone are left out.
#[utoipa::path(get, path = "/api/query/users", params(UserFilter), tag = "users",
    responses((status = 200, body = Page<Author>), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn list(Query(filter): Query<UserFilter>, reader: Reader) -> Result<Response, ApiError> {
    let ids: Vec<UserId> =
        ids("ids", filter.ids)?.ok_or_else(|| ApiError::field("ids", ErrorCode::Required, "whose names?"))?;
    let key = format!("people\n{ids:?}");
    Ok(reader.answer(&key, || reader.app.reads.people(&ids)).await)
}

/// A person's profile, by user name in any case
#[utoipa::path(get, path = "/api/query/users/{username}", params(("username" = String, Path)), tag = "users",
    responses((status = 200, body = Profile), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn show(Path(username): Path<String>, reader: Reader) -> Response {
    let key = format!("user\n{}", username.to_lowercase());
    reader.answer(&key, || reader.app.reads.profile(&username)).await
}
