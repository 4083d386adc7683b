//! Writes: the context of a request that changes something, and its responses.

use std::{borrow::Borrow, fmt::Display};

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use common::consistency::ConsistencyToken;
use serde::Serialize;

use super::{ETag, Json, RequestContext};
use crate::{
    auth::CurrentUser,
    consistency::{ConsistencyHeaders, ConsistencyTokens},
    error::ApiError,
    store::Cause,
};

/// The context of a write: the signed-in user, the cause of the events, and the client's consistency tokens.
///
/// `U` is the authentication that the endpoint requires: [`CurrentUser`], [`Moderator`](crate::auth::Moderator) or
/// [`Admin`](crate::auth::Admin).
#[derive(Debug, Clone)]
pub struct WriteContext<U = CurrentUser> {
    /// The user who makes the request.
    pub user: U,
    /// The cause of every event that the request leads to.
    pub cause: Cause,
    /// The tokens that the request carries.
    pub tokens: ConsistencyTokens,
}

impl<U> WriteContext<U> {
    /// 201 with `Location`, `ETag` and the consistency headers of the aggregate that was created.
    pub fn created<T: Serialize>(
        self,
        location: impl Display,
        written: ConsistencyToken,
        body: T,
    ) -> Response {
        self.tokens.created(location, written, body)
    }

    /// 200 with `ETag` and the consistency headers of the aggregate that was changed.
    pub fn updated<T: Serialize>(self, written: ConsistencyToken, body: T) -> Response {
        (written_parts(self.tokens, written), Json(body)).into_response()
    }

    /// 204 with `ETag` and the consistency headers of the aggregate that was deleted, or changed by a request whose
    /// response has no body.
    pub fn no_content(self, written: ConsistencyToken) -> Response {
        (StatusCode::NO_CONTENT, written_parts(self.tokens, written), ()).into_response()
    }
}

impl ConsistencyTokens {
    /// 201 as [`WriteContext::created`], for an endpoint without a signed-in user.
    pub fn created<T: Serialize>(
        self,
        location: impl Display,
        written: ConsistencyToken,
        body: T,
    ) -> Response {
        let mut response = (StatusCode::CREATED, written_parts(self, written), Json(body)).into_response();
        match HeaderValue::try_from(location.to_string()) {
            Ok(location) => {
                response.headers_mut().insert(header::LOCATION, location);
            }
            Err(error) => tracing::error!(%error, "invalid Location header"),
        }
        response
    }
}

/// The token's version is the aggregate's.
fn written_parts(tokens: ConsistencyTokens, written: ConsistencyToken) -> (ETag, ConsistencyHeaders) {
    (ETag(written.version), tokens.headers(written))
}

impl<S, U> FromRequestParts<S> for WriteContext<U>
where
    S: Send + Sync,
    U: FromRequestParts<S, Rejection = ApiError> + Borrow<CurrentUser> + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let user = U::from_request_parts(parts, state).await?;
        let Ok(request) = RequestContext::from_request_parts(parts, state).await;
        let tokens = ConsistencyTokens::from_request_parts(parts, state).await?;
        let id = Borrow::<CurrentUser>::borrow(&user).id;
        Ok(Self {
            user,
            cause: request.cause(id),
            tokens,
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::FromRef, http::Request};
    use common::{
        error::ErrorCode,
        event::Role,
        ids::{PostId, UserId},
    };

    use super::*;
    use testkit::TestIssuer;

    use crate::auth::{Moderator, Verifier, test_issuer::verifier_of};

    #[derive(Clone)]
    struct State(Verifier);

    impl FromRef<State> for Verifier {
        fn from_ref(state: &State) -> Self {
            state.0.clone()
        }
    }

    async fn extract<U>(
        issuer: &TestIssuer,
        role: Role,
        headers: &[(&str, &str)],
    ) -> Result<(UserId, WriteContext<U>), ErrorCode>
    where
        U: FromRequestParts<State, Rejection = ApiError> + Borrow<CurrentUser> + Send,
    {
        let claims = issuer.claims_as(role);
        let mut request =
            Request::builder().header("authorization", format!("Bearer {}", issuer.sign(&claims)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        WriteContext::from_request_parts(&mut parts, &State(verifier_of(issuer)))
            .await
            .map(|context| (claims.sub, context))
            .map_err(|error| error.code())
    }

    #[tokio::test]
    async fn the_cause_names_user_and_request() {
        let issuer = TestIssuer::new("k");
        let (user, context) = extract::<CurrentUser>(&issuer, Role::Author, &[("x-request-id", "r-1")])
            .await
            .unwrap();
        assert_eq!(context.user.id, user);
        assert_eq!(context.cause.actor, format!("user:{user}"));
        assert_eq!(context.cause.correlation_id, "r-1");
        assert_eq!(context.cause.causation_id, None);
    }

    #[tokio::test]
    async fn authentication_comes_first() {
        let issuer = TestIssuer::new("k");
        let malformed = [("consistency-token", "nonsense")];
        let rejected = extract::<Moderator>(&issuer, Role::Author, &malformed).await;
        assert_eq!(rejected.unwrap_err(), ErrorCode::Forbidden);
        let rejected = extract::<Moderator>(&issuer, Role::Moderator, &malformed).await;
        assert_eq!(rejected.unwrap_err(), ErrorCode::MalformedRequest);
        let accepted = extract::<Moderator>(&issuer, Role::Moderator, &[]).await;
        assert!(accepted.unwrap().1.user.is_moderator());
    }

    #[tokio::test]
    async fn responses_carry_status_version_and_token() {
        let issuer = TestIssuer::new("k");
        let context = extract::<CurrentUser>(&issuer, Role::Author, &[])
            .await
            .unwrap()
            .1;
        let token = ConsistencyToken::post(PostId::generate(), 3);
        let location = format!("/api/posts/{}", token.id);
        for (response, status) in [
            (
                context.clone().created(&location, token.clone(), "x"),
                StatusCode::CREATED,
            ),
            (context.clone().updated(token.clone(), "x"), StatusCode::OK),
            (context.no_content(token.clone()), StatusCode::NO_CONTENT),
        ] {
            assert_eq!(response.status(), status);
            let headers = response.headers();
            assert_eq!(headers["etag"], "\"3\"");
            assert_eq!(headers["consistency-token"], token.to_string());
            assert!(headers.contains_key("set-cookie"));
            let created = status == StatusCode::CREATED;
            assert_eq!(
                headers
                    .get("location")
                    .is_some_and(|value| value == location.as_str()),
                created
            );
            assert_eq!(
                headers.contains_key("content-type"),
                status != StatusCode::NO_CONTENT
            );
        }
    }
}
