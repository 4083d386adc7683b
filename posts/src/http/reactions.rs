//! Reacting to published posts.

use axum::{
    extract::{FromRequest, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use common::{
    event::{ReactionKind, Timestamp},
    ids::{PostId, UserId},
};
use runtime::{
    auth::CurrentUser,
    error::ApiError,
    http::{ETag, Json, Path, ProblemResponses},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::writing::Writing;
use crate::{commands::Commands, domain::reaction::Reaction};

/// The kinds of reaction.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Like,
}

impl From<Kind> for ReactionKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Like => Self::Like,
        }
    }
}

/// How to react; without a body: `like`.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReactionBody {
    #[serde(default)]
    #[schema(inline)]
    kind: Kind,
}

/// A body that may be left out.
pub struct Optional(ReactionBody);

impl<S: Send + Sync> FromRequest<S> for Optional {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let headers = request.headers();
        let sized = headers
            .get(header::CONTENT_LENGTH)
            .is_some_and(|length| length != "0");
        let left_out = !sized
            && !headers.contains_key(header::CONTENT_TYPE)
            && !headers.contains_key(header::TRANSFER_ENCODING);
        if left_out {
            return Ok(Self(ReactionBody::default()));
        }
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// One's reaction to a post.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReactionAnswer {
    post_id: PostId,
    user_id: UserId,
    kind: ReactionKind,
    /// False after it was taken back
    active: bool,
    changed_at: Timestamp,
}

impl From<Reaction> for ReactionAnswer {
    fn from(reaction: Reaction) -> Self {
        Self {
            post_id: reaction.post_id,
            user_id: reaction.user_id,
            kind: reaction.kind,
            active: reaction.active,
            changed_at: reaction.changed_at,
        }
    }
}

/// Reacts to a published post; again changes nothing
#[utoipa::path(put, path = "/api/posts/{id}/reaction", tag = "reactions", params(("id" = PostId, Path)),
    request_body = Option<ReactionBody>,
    responses((status = 200, description = "The reaction", body = ReactionAnswer), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn react(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    writing: Writing,
    Optional(body): Optional,
) -> Result<impl IntoResponse, ApiError> {
    let cause = writing.cause(&user);
    let reaction = commands.react(id, user.id, body.kind.into(), &cause).await?;
    let written = writing.wrote(reaction.token);
    let answer = Json(ReactionAnswer::from(reaction.state));
    Ok((ETag(reaction.version), written, answer))
}

/// Takes one's reaction back; one that is not there stays so
#[utoipa::path(delete, path = "/api/posts/{id}/reaction", tag = "reactions", params(("id" = PostId, Path)),
    responses((status = 204, description = "There is none now"), ProblemResponses),
    security(("session" = []), ("bearer" = [])))]
pub async fn take_back(
    user: CurrentUser,
    State(commands): State<Commands>,
    Path(id): Path<PostId>,
    writing: Writing,
) -> Result<Response, ApiError> {
    let cause = writing.cause(&user);
    let gone = StatusCode::NO_CONTENT;
    Ok(match commands.take_back(id, user.id, &cause).await? {
        Some(reaction) => (gone, ETag(reaction.version), writing.wrote(reaction.token), ()).into_response(),
        None => gone.into_response(),
    })
}
