//! Comments: post, read, edit, delete; and one's own.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use common::{
    api::{
        Page,
        comments::{Comment, CreateComment, EditComment, FullComment, OwnCommentsFilter},
    },
    consistency::ConsistencyToken,
    error::ErrorCode,
    event::{AggregateKind, CommentStatus, Timestamp},
    ids::{CommentId, PostId},
};
use runtime::{
    auth::{CurrentUser, MaybeUser},
    consistency::ConsistencyTokens,
    error::ApiError,
    http::{
        ETag, IdempotencyKey, IfMatch, Json, PageParams, Path, ProblemResponses, Query, RequestContext,
        page_of,
    },
    store::Cause,
};

use super::responses;
use crate::{
    commands::{Chosen, Commands, Posting},
    domain::Person,
};

/// Post a comment
///
/// A post that a Consistency-Token of the request names, and that this service has not heard of yet, is waited for
/// up to 2 s.
#[utoipa::path(post, path = "/api/comments", tag = "comments", request_body = CreateComment,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a retry find the first result"),
        ("Consistency-Token" = Option<String>, Header, description = "What the client has seen, e.g. of the post")),
    responses((status = 201, body = FullComment, description = "Posted, now or by an earlier request of this key"),
        (status = 401, description = "Nobody is signed in"),
        (status = 404, description = "No such post, or it is not public"),
        (status = 409, description = "The comment it answers was deleted"),
        (status = 410, description = "The post was deleted"),
        (status = 422, description = "Text, parent or key are not acceptable"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn create(
    State(commands): State<Commands>,
    user: CurrentUser,
    context: RequestContext,
    tokens: ConsistencyTokens,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Json(comment): Json<CreateComment>,
) -> Result<impl IntoResponse, ApiError> {
    let posting = Posting {
        post_version: seen_version(&tokens, comment.post_id),
        idempotency_key,
        comment,
    };
    let stored = commands
        .create(person(&user), posting, &cause(&user, context))
        .await?;
    let location = [(header::LOCATION, format!("/api/comments/{}", stored.id))];
    let written = tokens.headers(stored.token());
    let body = Json(responses::full(stored.clone()));
    Ok((StatusCode::CREATED, location, ETag(stored.version), written, body))
}

/// Your own comments, newest first
///
/// Deleted ones are not listed.
#[utoipa::path(get, path = "/api/comments/mine", tag = "comments", params(OwnCommentsFilter, PageParams),
    responses((status = 200, body = Page<FullComment>), (status = 400, description = "A cursor of another list"),
        (status = 401, description = "Nobody is signed in"), (status = 422, description = "No such status or limit"),
        ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn mine(
    State(commands): State<Commands>,
    user: CurrentUser,
    Query(filter): Query<OwnCommentsFilter>,
    page: PageParams,
) -> Result<Json<Page<FullComment>>, ApiError> {
    let chosen = Chosen {
        post_id: filter.post,
        status: status(filter.status.as_deref())?,
    };
    let after: Option<(Timestamp, CommentId)> = page.after()?;
    let stored = commands.mine(user.id, chosen, after, page.limit + 1).await?;
    let page = page_of(stored, page.limit, |last| (last.state.created_at, last.state.id));
    Ok(Json(page.map(responses::full)))
}

/// Read a comment
///
/// Its author and moderators see all of it; everyone else the approved text alone, and 404 when there is none.
#[utoipa::path(get, path = "/api/comments/{id}", tag = "comments", params(("id" = CommentId, Path)),
    responses((status = 200, body = Comment), (status = 404, description = "No such comment, or not public"),
        (status = 410, description = "Deleted"), ProblemResponses),
    security((), ("session" = []), ("bearer" = [])))]
pub async fn get(
    State(commands): State<Commands>,
    MaybeUser(user): MaybeUser,
    Path(id): Path<CommentId>,
) -> Result<impl IntoResponse, ApiError> {
    let person = user.as_ref().map(person);
    let stored = commands.get(id, person).await?;
    Ok((ETag(stored.version), Json(responses::comment(stored, person))))
}

/// Change a comment's text
///
/// Only its author may. The same text again changes nothing.
#[utoipa::path(patch, path = "/api/comments/{id}", tag = "comments", request_body = EditComment,
    params(("id" = CommentId, Path), ("If-Match" = Option<String>, Header, description = "The version meant")),
    responses((status = 200, body = FullComment), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Somebody else's"), (status = 404, description = "No such comment, or not public"),
        (status = 410, description = "Deleted"), (status = 412, description = "It has changed in the meantime"),
        (status = 422, description = "The text is not acceptable"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
#[allow(
    clippy::too_many_arguments,
    reason = "each extractor is one thing that the request brings"
)]
pub async fn edit(
    State(commands): State<Commands>,
    user: CurrentUser,
    context: RequestContext,
    tokens: ConsistencyTokens,
    IfMatch(version): IfMatch,
    Path(id): Path<CommentId>,
    Json(edit): Json<EditComment>,
) -> Result<impl IntoResponse, ApiError> {
    let cause = cause(&user, context);
    let stored = commands
        .edit(id, &edit.body, person(&user), version, &cause)
        .await?;
    let written = tokens.headers(stored.token());
    Ok((ETag(stored.version), written, Json(responses::full(stored))))
}

/// Delete a comment
///
/// Its author and moderators may. Its place in the thread stays, without its text. Once more changes nothing.
#[utoipa::path(delete, path = "/api/comments/{id}", tag = "comments",
    params(("id" = CommentId, Path), ("If-Match" = Option<String>, Header, description = "The version meant")),
    responses((status = 204, description = "Deleted"), (status = 401, description = "Nobody is signed in"),
        (status = 403, description = "Somebody else's"), (status = 404, description = "No such comment, or not public"),
        (status = 412, description = "It has changed in the meantime"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn delete(
    State(commands): State<Commands>,
    user: CurrentUser,
    context: RequestContext,
    tokens: ConsistencyTokens,
    IfMatch(version): IfMatch,
    Path(id): Path<CommentId>,
) -> Result<impl IntoResponse, ApiError> {
    let cause = cause(&user, context);
    let stored = commands.delete(id, person(&user), version, &cause).await?;
    let written = tokens.headers(stored.token());
    Ok((StatusCode::NO_CONTENT, ETag(stored.version), written, ()))
}

fn person(user: &CurrentUser) -> Person {
    Person {
        id: user.id,
        moderates: user.is_moderator(),
    }
}

fn cause(user: &CurrentUser, context: RequestContext) -> Cause {
    Cause::user(user.id, context.correlation_id, context.traceparent)
}

/// The version of the post that the client has seen, if one of its tokens says.
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
