//! What a request that writes brings along, and what its answer says of it.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use common::consistency::ConsistencyToken;
use runtime::{
    consistency::{ConsistencyHeaders, ConsistencyTokens},
    error::ApiError,
    http::{ClientAddr, RequestContext},
};

use crate::commands::Device;

/// Where a request comes from.
#[derive(Debug)]
pub(super) struct Origin(pub(super) Device);

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let address = ClientAddr::from_request_parts(parts, state).await?;
        let user_agent = parts.headers.get(header::USER_AGENT);
        Ok(Self(Device {
            limit_key: address.limit_key(),
            address: address.0,
            user_agent: user_agent
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        }))
    }
}

/// The request's identity, where it comes from, and the tokens it brings. Who is asking stands in the handler's
/// signature.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) context: RequestContext,
    pub(super) device: Device,
    tokens: ConsistencyTokens,
}

impl Writing {
    /// The part of the answer that says what was written.
    pub(super) fn wrote(self, token: ConsistencyToken) -> ConsistencyHeaders {
        self.tokens.headers(token)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Writing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Ok(context) = RequestContext::from_request_parts(parts, state).await;
        let Ok(Origin(device)) = Origin::from_request_parts(parts, state).await;
        let tokens = ConsistencyTokens::from_request_parts(parts, state).await?;
        Ok(Self {
            context,
            device,
            tokens,
        })
    }
}
