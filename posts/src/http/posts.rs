//! Creating, reading, changing and deleting own posts.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use common::{
    api::posts::{CreatePostRequest, PostSource, UpdatePostRequest},
    ids::PostId,
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{ETag, IdempotencyKey, IfMatch, Json, Path, ProblemResponses},
};

use super::writing::Writing;
use crate::commands::Commands;

/// Create a draft or a published post
///
/// A repeated request with the same `Idempotency-Key` returns the first result.
#[utoipa::path(post, path = "/api/posts", tag = "posts", request_body = CreatePostRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    responses((status = 201, description = "Created; `Location` is the URL of its source", body = PostSource),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn create(
    user: CurrentUser,
    State(commands): State<Commands>,
    IdempotencyKey(key): IdempotencyKey,
    writing: Writing,
    Json(request): Json<CreatePostRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let cause = writing.cause(&user);
    let created = commands.create(user.id, key.as_deref(), &request, &cause).await?;
    let post = &created.post;
    let location = [(header::LOCATION, format!("/api/posts/{}", post.state.id))];
    let (etag, written) = (ETag(post.version), writing.wrote(post.token.clone()));
    let body = Json(PostSource::from(created));
    Ok((StatusCode::CREATED, location, etag, written, body))
}

/// Get the source of an own post
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

/// Change, publish, schedule or unpublish an own post
///
/// A request that changes nothing leaves the version unchanged. A text that moderation has rejected or flagged cannot
/// be published (409, `refused_by_moderation`); a changed text can, and is moderated again.
#[utoipa::path(patch, path = "/api/posts/{id}", tag = "posts", request_body = UpdatePostRequest,
    params(("id" = PostId, Path),
        ("If-Match" = Option<String>, Header, description = "The expected version, in quotes")),
    responses((status = 200, description = "The changed post", body = PostSource), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn update(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    IfMatch(if_match): IfMatch,
    writing: Writing,
    Json(request): Json<UpdatePostRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let cause = writing.cause(&user);
    let updated = commands.update(id, user.id, if_match, &request, &cause).await?;
    let written = writing.wrote(updated.post.token.clone());
    Ok((
        ETag(updated.post.version),
        written,
        Json(PostSource::from(updated)),
    ))
}

/// Delete an own post permanently
///
/// Its text and revisions are removed; its slug stays reserved. Deleting a deleted post also returns 204, whatever
/// `If-Match` says.
#[utoipa::path(delete, path = "/api/posts/{id}", tag = "posts",
    params(("id" = PostId, Path),
        ("If-Match" = Option<String>, Header, description = "The expected version, in quotes")),
    responses((status = 204, description = "The post is deleted"), ProblemResponses),
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
