//! One call of a service.

use std::{ops::Deref, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use bytes::{Bytes, BytesMut};
use common::{
    api::Problem,
    error::{ErrorCode, chain},
};
use runtime::error::ApiError;
use serde::{Serialize, de::DeserializeOwned};

use super::{Api, Identity, Part, Trouble, visitor::STALE};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// More than the largest answer of a service: a page of a hundred posts' summaries, or one long post rendered.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// A call to be completed and sent.
#[derive(Debug)]
#[must_use = "it is not sent yet"]
pub struct Call {
    request: reqwest::RequestBuilder,
    identity: Arc<Identity>,
    part: Part,
}

/// A value that a service answered.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    pub value: T,
    /// The aggregate's version, of its `ETag`, where there is one: for `If-Match`.
    pub version: Option<u64>,
    /// Whether it may lack what the visitor has just written.
    pub stale: bool,
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// An answer as it came: a success or a redirection.
#[derive(Debug, Clone)]
pub struct Raw {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Call {
    pub(super) fn new(api: &Api, part: Part, method: Method, path: &str) -> Self {
        let timeout = if method.is_safe() {
            api.client.read_timeout
        } else {
            api.client.write_timeout
        };
        api.identity.noted().called();
        let request = api
            .client
            .http
            .request(method, api.client.url(part, path))
            .headers(api.identity.headers())
            .header(header::ACCEPT, "application/json")
            .timeout(timeout);
        Self {
            request,
            identity: api.identity.clone(),
            part,
        }
    }

    /// Sends `body` as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// Only if the aggregate is still at this version: 412 otherwise.
    pub fn if_match(mut self, version: u64) -> Self {
        self.request = self.request.header(header::IF_MATCH, format!("\"{version}\""));
        self
    }

    /// Makes a repeat of the same creating call find the first result.
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.request = self.request.header(IDEMPOTENCY_KEY, key);
        self
    }

    /// Says what the visitor has seen, in addition to their cookie, e.g. `post:<id>@<version>`.
    pub fn having_seen(mut self, token: &str) -> Self {
        self.request = self.request.header(common::consistency::HEADER, token);
        self
    }

    /// Says that a page of ours asks, whatever led the visitor to that page. Only for calls that change nothing: the
    /// services take every POST for a change, and refuse one that another site, or a bookmark, may have begun.
    pub fn by_the_page(mut self) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(FETCH_SITE, HeaderValue::from_static("same-origin"));
        self.request = self.request.headers(headers);
        self
    }

    /// Sends it and reads the value of the answer.
    ///
    /// # Errors
    /// If the service is away or names a problem.
    pub async fn send<T: DeserializeOwned>(self) -> Result<Answer<T>, Trouble> {
        self.send_raw().await?.value()
    }

    /// Sends it; nothing is expected but success.
    ///
    /// # Errors
    /// If the service is away or names a problem.
    pub async fn send_empty(self) -> Result<(), Trouble> {
        self.send_raw().await.map(drop)
    }

    /// Sends it and takes the answer as it comes, redirections too.
    ///
    /// # Errors
    /// If the service is away or names a problem.
    pub async fn send_raw(self) -> Result<Raw, Trouble> {
        let part = self.part;
        let away = |error: reqwest::Error| {
            tracing::warn!(?part, error = chain(&error), "a service does not answer");
            Trouble::Away(part)
        };
        let mut response = self.request.send().await.map_err(away)?;
        self.identity.heard(response.headers());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                tracing::error!(?part, "an answer of a service is too large");
                return Err(fault());
            }
            body.extend_from_slice(&chunk);
        }
        let raw = Raw {
            status: response.status(),
            headers: response.headers().clone(),
            body: body.freeze(),
        };
        raw.checked(part)
    }
}

impl Raw {
    /// Reads the value.
    ///
    /// # Errors
    /// If it has another shape than expected, which is a fault of ours.
    pub fn value<T: DeserializeOwned>(&self) -> Result<Answer<T>, Trouble> {
        let value = serde_json::from_slice(&self.body).map_err(|error| {
            tracing::error!(%error, "an answer of a service has another shape than expected");
            fault()
        })?;
        Ok(Answer {
            value,
            version: version(&self.headers),
            stale: self.headers.contains_key(STALE),
        })
    }

    fn checked(self, part: Part) -> Result<Self, Trouble> {
        if self.status.is_success() || self.status.is_redirection() {
            return Ok(self);
        }
        let gone = [
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        if gone.contains(&self.status) {
            tracing::warn!(
                ?part,
                status = self.status.as_u16(),
                "a service cannot at this time"
            );
            return Err(Trouble::Away(part));
        }
        let Ok(problem) = serde_json::from_slice::<Problem>(&self.body) else {
            tracing::error!(
                ?part,
                status = self.status.as_u16(),
                "an error of a service is no problem document"
            );
            return Err(fault());
        };
        let wait = self.headers.get(header::RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
        Err(Trouble::Problem(Box::new(problem), wait.map(Duration::from_secs)))
    }
}

/// Of ours, or between us: told in the log, not to the visitor.
fn fault() -> Trouble {
    let error = ApiError::new(ErrorCode::Internal, "Something went wrong on our side.");
    Trouble::Problem(Box::new(runtime::http::problem_of(&error)), None)
}

fn version(headers: &HeaderMap) -> Option<u64> {
    let tag = headers.get(header::ETAG)?.to_str().ok()?;
    tag.trim_matches('"').parse().ok()
}
