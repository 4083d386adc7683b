//! Comments: create, read, edit, delete, and the user's own.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use common::{
    api::{
        Page,
        comments::{Comment, CreateComment, EditComment, FullComment, OwnCommentsFilter},
    },
    consistency::ConsistencyToken,
    error::ErrorCode,
    event::{AggregateKind, CommentStatus},
    ids::{CommentId, PostId},
};
use runtime::{
    auth::{CurrentUser, MaybeUser},
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{
        ClientAddr, ETag, IdempotencyKey, IfMatch, Json, PageParams, Path, ProblemResponses, Query,
        WriteContext, page_of,
    },
};

use super::responses;
use crate::{
    commands::{Commands, CommentFilter, CreateRequest},
    domain::Actor,
};

/// Create a comment
///
/// If a Consistency-Token of the request names a version of the post that this service has not received yet, the
/// request waits for it for up to 2 s.
#[utoipa::path(post, path = "/api/comments", tag = "comments", request_body = CreateComment,
    params(IdempotencyKey, ConsistencyTokens),
    responses((status = 201, body = FullComment, description = "Created, now or by an earlier request with the same key"),
        (status = 404, description = "The post does not exist, or is not public"),
        (status = 409, description = "The parent comment was deleted"),
        (status = 410, description = "The post was deleted, or the comment that the key created"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn create(
    State(commands): State<Commands>,
    context: WriteContext,
    client: ClientAddr,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Json(comment): Json<CreateComment>,
) -> Result<Response, ApiError> {
    let request = CreateRequest {
        post_version: seen_version(&context.tokens, comment.post_id),
        idempotency_key,
        comment,
        client,
    };
    let stored = commands
        .create(actor(&context.user), request, &context.cause)
        .await?;
    let location = format!("/api/comments/{}", stored.id);
    Ok(context.created(location, stored.token(), responses::full(stored)))
}

/// List your own comments, newest first
///
/// Deleted comments are not listed.
#[utoipa::path(get, path = "/api/comments/mine", tag = "comments", params(OwnCommentsFilter, PageParams),
    responses((status = 200, body = Page<FullComment>), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn own(
    State(commands): State<Commands>,
    user: CurrentUser,
    Query(filter): Query<OwnCommentsFilter>,
    page: PageParams,
) -> Result<Json<Page<FullComment>>, ApiError> {
    let filter = CommentFilter {
        author_id: user.id,
        post_id: filter.post,
        status: status(filter.status.as_deref())?,
        after: page.after()?,
        limit: page.limit + 1,
    };
    let stored = commands.own_comments(&filter).await?;
    let page = page_of(stored, page.limit, |last| (last.state.created_at, last.state.id));
    Ok(Json(page.map(responses::full)))
}

/// Read a comment
///
/// Its author and moderators see all of it; others see the approved text, and 404 if there is none.
#[utoipa::path(get, path = "/api/comments/{id}", tag = "comments", params(("id" = CommentId, Path)),
    responses((status = 200, body = Comment),
        (status = 404, description = "The comment does not exist, or is not public"),
        (status = 410, description = "Deleted"), ProblemResponses),
    security((), ("session" = []), ("bearer" = [])))]
pub async fn get(
    State(commands): State<Commands>,
    MaybeUser(user): MaybeUser,
    Path(id): Path<CommentId>,
) -> Result<impl IntoResponse, ApiError> {
    let actor = user.as_ref().map(actor);
    let stored = commands.get(id, actor).await?;
    Ok((ETag(stored.version), Json(responses::comment(stored, actor))))
}

/// Edit a comment
///
/// Only its author may. The same text again changes nothing.
#[utoipa::path(patch, path = "/api/comments/{id}", tag = "comments", request_body = EditComment,
    params(("id" = CommentId, Path), IfMatch),
    responses((status = 200, body = FullComment),
        (status = 404, description = "The comment does not exist, or is not public"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn edit(
    State(commands): State<Commands>,
    context: WriteContext,
    IfMatch(version): IfMatch,
    Path(id): Path<CommentId>,
    Json(edit): Json<EditComment>,
) -> Result<Response, ApiError> {
    let editor = actor(&context.user);
    let stored = commands
        .edit(id, &edit.body, editor, version, &context.cause)
        .await?;
    Ok(context.updated(stored.token(), responses::full(stored)))
}

/// Delete a comment
///
/// Its author and moderators may. Its place in the thread stays, without the text. Deleting it again changes nothing.
#[utoipa::path(delete, path = "/api/comments/{id}", tag = "comments",
    params(("id" = CommentId, Path), IfMatch),
    responses((status = 204, description = "Deleted"),
        (status = 404, description = "The comment does not exist, or is not public"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn delete(
    State(commands): State<Commands>,
    context: WriteContext,
    IfMatch(version): IfMatch,
    Path(id): Path<CommentId>,
) -> Result<Response, ApiError> {
    let actor = actor(&context.user);
    let stored = commands.delete(id, actor, version, &context.cause).await?;
    Ok(context.no_content(stored.token()))
}

fn actor(user: &CurrentUser) -> Actor {
    Actor {
        id: user.id,
        is_moderator: user.is_moderator(),
    }
}

/// The version of the post that the client has seen, if one of its tokens names it.
fn seen_version(tokens: &[ConsistencyToken], post: PostId) -> Option<u64> {
    let post = post.to_string();
    let of_post = |token: &&ConsistencyToken| token.kind == AggregateKind::Post && token.id == post;
    tokens.iter().find(of_post).map(|token| token.version)
}

fn status(name: Option<&str>) -> Result<Option<CommentStatus>, ApiError> {
    match name {
        None | Some("") => Ok(None),
        Some("pending") => Ok(Some(CommentStatus::Pending)),
        Some("approved") => Ok(Some(CommentStatus::Approved)),
        Some("rejected") => Ok(Some(CommentStatus::Rejected)),
        Some(_) => Err(ApiError::field(
            "status",
            ErrorCode::InvalidValue,
            "must be pending, approved or rejected",
        )),
    }
}
