//! What a request that writes brings along, and what its answer says of it.

use axum::{extract::FromRequestParts, http::request::Parts};
use common::consistency::ConsistencyToken;
use runtime::{
    auth::CurrentUser,
    consistency::{ConsistencyHeaders, ConsistencyTokens},
    error::ApiError,
    http::RequestContext,
    store::Cause,
};

/// The request's identity and the tokens it brings. Who is asking stands in the handler's signature.
pub struct Writing {
    request: RequestContext,
    tokens: ConsistencyTokens,
}

impl Writing {
    /// Why whatever comes of it comes.
    pub fn cause(&self, user: &CurrentUser) -> Cause {
        let RequestContext {
            correlation_id,
            traceparent,
        } = self.request.clone();
        Cause::user(user.id, correlation_id, traceparent)
    }

    /// The part of the answer that says what was written.
    pub fn wrote(self, token: ConsistencyToken) -> ConsistencyHeaders {
        self.tokens.headers(token)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Writing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Ok(request) = RequestContext::from_request_parts(parts, state).await;
        let tokens = ConsistencyTokens::from_request_parts(parts, state).await?;
        Ok(Self { request, tokens })
    }
}
