//! Reacting to published posts.

use axum::{
    extract::{FromRequest, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use common::{
    api::posts::{ReactRequest, ReactionResponse},
    ids::PostId,
};
use runtime::{
    error::ApiError,
    http::{Json, Path, ProblemResponses, WriteContext},
};

use super::responses::reaction_response;
use crate::commands::Commands;

/// A body that may be absent.
pub struct OptionalBody(ReactRequest);

impl<S: Send + Sync> FromRequest<S> for OptionalBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let headers = request.headers();
        let has_length = headers
            .get(header::CONTENT_LENGTH)
            .is_some_and(|length| length != "0");
        let absent = !has_length
            && !headers.contains_key(header::CONTENT_TYPE)
            && !headers.contains_key(header::TRANSFER_ENCODING);
        if absent {
            return Ok(Self(ReactRequest::default()));
        }
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// React to a published post
///
/// A repeated reaction changes nothing.
#[utoipa::path(put, path = "/api/posts/{id}/reaction", tag = "reactions", params(("id" = PostId, Path)),
    request_body = Option<ReactRequest>,
    responses((status = 200, description = "The reaction", body = ReactionResponse), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn react(
    context: WriteContext,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    OptionalBody(request): OptionalBody,
) -> Result<Response, ApiError> {
    let (user, cause) = (context.user.id, &context.cause);
    let reaction = commands.react(id, user, request.kind.into(), cause).await?;
    Ok(context.updated(reaction.token(), reaction_response(&reaction.state.0)))
}

/// Remove your reaction to a post
///
/// Removing a reaction that does not exist changes nothing.
#[utoipa::path(delete, path = "/api/posts/{id}/reaction", tag = "reactions", params(("id" = PostId, Path)),
    responses((status = 204, description = "There is no reaction"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn remove(
    context: WriteContext,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
) -> Result<Response, ApiError> {
    let (user, cause) = (context.user.id, &context.cause);
    Ok(match commands.remove_reaction(id, user, cause).await? {
        Some(reaction) => context.no_content(reaction.token()),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
