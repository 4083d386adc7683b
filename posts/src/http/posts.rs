//! Creating, reading, changing and deleting one's own posts.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use common::ids::PostId;
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{ETag, IdempotencyKey, IfMatch, Json, Path, ProblemResponses},
};

use super::{
    body::{CreateBody, EditBody, PostSource},
    writing::Writing,
};
use crate::{
    commands::Commands,
    domain::post::{Edit, NewPost},
};

/// Creates a draft or a published post
///
/// With an `Idempotency-Key` a repetition gets the first result.
#[utoipa::path(post, path = "/api/posts", tag = "posts", request_body = CreateBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses((status = 201, description = "Created; `Location` is its source", body = PostSource), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn create(
    user: CurrentUser,
    State(commands): State<Commands>,
    IdempotencyKey(key): IdempotencyKey,
    writing: Writing,
    Json(body): Json<CreateBody>,
) -> Result<impl IntoResponse, ApiError> {
    let cause = writing.cause(&user);
    let created = commands
        .create(user.id, key.as_deref(), &NewPost::from(body), &cause)
        .await?;
    let post = &created.post;
    let location = [(header::LOCATION, format!("/api/posts/{}", post.state.id))];
    let (etag, written) = (ETag(post.version), writing.wrote(post.token.clone()));
    let body = Json(PostSource::from(created));
    Ok((StatusCode::CREATED, location, etag, written, body))
}

/// The source of an own post
#[utoipa::path(get, path = "/api/posts/{id}", tag = "posts", params(("id" = PostId, Path)),
    responses((status = 200, description = "The post", body = PostSource), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn source(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
) -> Result<impl IntoResponse, ApiError> {
    let found = commands.source(id, user.id).await?;
    Ok((ETag(found.post.version), Json(PostSource::from(found))))
}

/// Changes an own post; also publishes, plans and unpublishes it
///
/// A change to what is so already leaves the version as it is. A text that moderation refused or holds is not
/// published (409, `refused_by_moderation`); another one is, and judged anew.
#[utoipa::path(patch, path = "/api/posts/{id}", tag = "posts", request_body = EditBody,
    params(("id" = PostId, Path),
        ("If-Match" = Option<String>, Header, description = "The version that the change is meant for, in quotes")),
    responses((status = 200, description = "The post after it", body = PostSource), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn edit(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    IfMatch(if_match): IfMatch,
    writing: Writing,
    Json(body): Json<EditBody>,
) -> Result<impl IntoResponse, ApiError> {
    let cause = writing.cause(&user);
    let edited = commands
        .edit(id, user.id, if_match, &Edit::from(body), &cause)
        .await?;
    let written = writing.wrote(edited.post.token.clone());
    Ok((ETag(edited.post.version), written, Json(PostSource::from(edited))))
}

/// Deletes an own post for good
///
/// Its text and revisions are removed, its address stays taken. Again is 204 too, whatever `If-Match` says.
#[utoipa::path(delete, path = "/api/posts/{id}", tag = "posts",
    params(("id" = PostId, Path),
        ("If-Match" = Option<String>, Header, description = "The version that is meant to be deleted, in quotes")),
    responses((status = 204, description = "It is deleted"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn delete(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    IfMatch(if_match): IfMatch,
    writing: Writing,
) -> Result<impl IntoResponse, ApiError> {
    let cause = writing.cause(&user);
    let post = commands.delete(id, user.id, if_match, &cause).await?;
    Ok((
        StatusCode::NO_CONTENT,
        ETag(post.version),
        writing.wrote(post.token),
        (),
    ))
}
