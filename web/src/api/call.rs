//! One call of a service.

use std::{
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use bytes::{Bytes, BytesMut};
use common::{api::Problem, error::chain};
use serde::{Serialize, de::DeserializeOwned};

use super::{ApiError, Backend, Identity};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Larger than any response of a service, such as 100 summaries or one long rendered post.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// A call whose response has a value of type `T`, `()` if it is empty. Awaiting the call sends it.
#[derive(Debug)]
#[must_use = "it is not sent yet"]
pub struct Call<T> {
    request: reqwest::RequestBuilder,
    identity: Arc<Identity>,
    backend: Backend,
    value: PhantomData<fn() -> T>,
}

/// A successful response or a redirect.
#[derive(Debug)]
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Bytes,
}

impl<T> Call<T> {
    pub(super) fn new(request: reqwest::RequestBuilder, identity: Arc<Identity>, backend: Backend) -> Self {
        identity.dependencies().called();
        let request = request
            .headers(identity.headers())
            .header(header::ACCEPT, "application/json");
        Self {
            request,
            identity,
            backend,
            value: PhantomData,
        }
    }

    fn map(mut self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        self.request = change(self.request);
        self
    }

    /// Sends `body` as JSON.
    pub(super) fn json(self, body: &impl Serialize) -> Self {
        self.map(|request| request.json(body))
    }

    /// Adds the fields of `parameters` to the query; `None` is omitted.
    pub(super) fn query(self, parameters: &impl Serialize) -> Self {
        self.map(|request| request.query(parameters))
    }

    /// Requests `limit` items of a list after `cursor`.
    pub(super) fn page(self, cursor: Option<&str>, limit: u32) -> Self {
        self.query(&[("limit", limit)]).query(&[("cursor", cursor)])
    }

    /// Fails with 412 if the aggregate is no longer at this version.
    pub(super) fn if_match(self, version: impl Into<Option<u64>>) -> Self {
        match version.into() {
            Some(version) => self.map(|request| request.header(header::IF_MATCH, format!("\"{version}\""))),
            None => self,
        }
    }

    /// Makes a repeated creating call return the first result.
    pub(super) fn idempotency_key(self, key: &str) -> Self {
        self.map(|request| request.header(IDEMPOTENCY_KEY, key))
    }

    /// Adds a consistency token to those of the visitor's cookie.
    pub(super) fn consistency_token(self, token: &str) -> Self {
        self.map(|request| request.header(common::consistency::HEADER, token))
    }

    /// Sends the call and returns the response, which may be a redirect.
    pub(super) async fn send(self) -> Result<RawResponse, ApiError> {
        let backend = self.backend;
        let unavailable = |error: reqwest::Error| {
            tracing::warn!(?backend, error = chain(&error), "a service does not respond");
            ApiError::Unavailable(backend)
        };
        let mut response = self.request.send().await.map_err(unavailable)?;
        self.identity.record(response.headers());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                tracing::error!(?backend, "the response of a service is too large");
                return Err(ApiError::internal());
            }
            body.extend_from_slice(&chunk);
        }
        let response = RawResponse {
            status: response.status(),
            headers: response.headers().clone(),
            body: body.freeze(),
        };
        response.checked(backend)
    }
}

impl<T: DeserializeOwned + 'static> IntoFuture for Call<T> {
    type Output = Result<T, ApiError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.send().await?.value() })
    }
}

impl RawResponse {
    pub(super) fn value<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        serde_json::from_slice(body).map_err(|error| {
            tracing::error!(%error, "the response of a service has an unexpected format");
            ApiError::internal()
        })
    }

    /// The version of the aggregate, from `ETag`.
    pub(super) fn version(&self) -> Option<u64> {
        let tag = self.headers.get(header::ETAG)?.to_str().ok()?;
        tag.trim_matches('"').parse().ok()
    }

    fn checked(self, backend: Backend) -> Result<Self, ApiError> {
        if self.status.is_success() || self.status.is_redirection() {
            return Ok(self);
        }
        let status = self.status.as_u16();
        if matches!(status, 502..=504) {
            tracing::warn!(?backend, status, "a service is unavailable");
            return Err(ApiError::Unavailable(backend));
        }
        let Ok(problem) = serde_json::from_slice::<Problem>(&self.body) else {
            tracing::error!(?backend, status, "the error of a service is no problem document");
            return Err(ApiError::internal());
        };
        let wait = self.headers.get(header::RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
        let wait = wait.map(Duration::from_secs);
        Err(ApiError::Problem(Box::new(problem), wait))
    }
}
