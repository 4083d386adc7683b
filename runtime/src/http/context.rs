//! The identity of a request, for the events that it causes.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderName, request::Parts},
};
use common::ids::UserId;
use uuid::Uuid;

use super::conditional::is_visible_ascii;
use crate::{store::Cause, telemetry::current_traceparent};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request's identity, for the events that it causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// The request id, from `X-Request-Id` or a new UUIDv7; `ce-correlationid` of the events.
    pub correlation_id: String,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
}

impl RequestContext {
    /// The context of work that no request causes, such as a timer's or an operator's command.
    pub fn background() -> Self {
        Self {
            correlation_id: new_request_id(),
            traceparent: current_traceparent(),
        }
    }

    /// The cause of the events that `user` causes with this request.
    pub fn cause(&self, user: UserId) -> Cause {
        Cause::user(user, self.correlation_id.clone(), self.traceparent.clone())
    }
}

/// The id of the request: the client's if it is valid, else a new one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    valid_request_id(headers).map_or_else(new_request_id, str::to_owned)
}

pub(super) fn new_request_id() -> String {
    Uuid::now_v7().to_string()
}

/// Removes the client's id if it is invalid, so that a new one is generated.
pub(super) fn remove_invalid_request_id(mut request: Request) -> Request {
    if valid_request_id(request.headers()).is_none() {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// 1 to 128 visible ASCII characters.
fn valid_request_id(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(REQUEST_ID)?.to_str().ok()?;
    is_visible_ascii(value).then_some(value)
}

impl<S: Send + Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| Self {
            correlation_id: request_id(&parts.headers),
            traceparent: current_traceparent(),
        }))
    }
}
