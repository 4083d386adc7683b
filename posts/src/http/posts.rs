//! Creating, reading, changing and deleting own posts.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use common::{
    api::posts::{CreatePostRequest, PostSource, UpdatePostRequest},
    ids::PostId,
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{ETag, IdempotencyKey, IfMatch, Json, Path, ProblemResponses, WriteContext},
};

use super::responses::post_source;
use crate::commands::Commands;

/// Create a draft or a published post
///
/// A repeated request with the same `Idempotency-Key` returns the first result.
#[utoipa::path(post, path = "/api/posts", tag = "posts", request_body = CreatePostRequest,
    params(IdempotencyKey),
    responses((status = 201, description = "Created; `Location` is the URL of its source", body = PostSource),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn create(
    context: WriteContext,
    State(commands): State<Commands>,
    IdempotencyKey(key): IdempotencyKey,
    Json(request): Json<CreatePostRequest>,
) -> Result<Response, ApiError> {
    let (author, cause) = (context.user.id, &context.cause);
    let created = commands.create(author, key.as_deref(), &request, cause).await?;
    let location = format!("/api/posts/{}", created.post.id);
    Ok(context.created(location, created.post.token(), post_source(created)))
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
    Ok((ETag(found.post.version), Json(post_source(found))))
}

/// Change, publish, schedule or unpublish an own post
///
/// A request that changes nothing leaves the version unchanged. A text that moderation has rejected or flagged cannot
/// be published (409, `refused_by_moderation`); a changed text can, and is moderated again.
#[utoipa::path(patch, path = "/api/posts/{id}", tag = "posts", request_body = UpdatePostRequest,
    params(("id" = PostId, Path), IfMatch),
    responses((status = 200, description = "The changed post", body = PostSource), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn update(
    context: WriteContext,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    IfMatch(if_match): IfMatch,
    Json(request): Json<UpdatePostRequest>,
) -> Result<Response, ApiError> {
    let (user, cause) = (context.user.id, &context.cause);
    let updated = commands.update(id, user, if_match, &request, cause).await?;
    Ok(context.updated(updated.post.token(), post_source(updated)))
}

/// Delete an own post permanently
///
/// Its text and revisions are removed; its slug stays reserved. Deleting a deleted post also returns 204, whatever
/// `If-Match` says.
#[utoipa::path(delete, path = "/api/posts/{id}", tag = "posts",
    params(("id" = PostId, Path), IfMatch),
    responses((status = 204, description = "The post is deleted"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn delete(
    context: WriteContext,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    IfMatch(if_match): IfMatch,
) -> Result<Response, ApiError> {
    let (user, cause) = (context.user.id, &context.cause);
    let post = commands.delete(id, user, if_match, cause).await?;
    Ok(context.no_content(post.token()))
}
