//! Profiles.

use axum::response::Response;
use common::http::{Path, ProblemResponses};

use super::answer::Reader;
use crate::reads::ProfileView;

/// A person's profile, by user name in any case.
#[utoipa::path(get, path = "/api/query/users/{username}", params(("username" = String, Path)), tag = "users",
    responses((status = 200, body = ProfileView), (status = 304, description = "Not modified"), ProblemResponses))]
pub(super) async fn show(Path(username): Path<String>, reader: Reader) -> Response {
    let key = format!("user\n{}", username.to_lowercase());
    reader.answer(&key, || reader.app.reads.profile(&username)).await
}
