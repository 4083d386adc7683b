//! Responses to reads: waits for the client's own writes, uses the cached body or loads it, and sets the headers.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use common::api::query::MovedPost;
use runtime::{
    consistency::{ConsistencyTokens, Outcome},
    error::ApiError,
    http::ClientAddr,
};
use serde::Serialize;

use crate::{
    cache::{Read, entity_tag},
    error::ReadError,
    reads::Live,
    state::AppState,
};

/// The response may lack what the client's tokens name.
const STALE: HeaderName = HeaderName::from_static("stale");
/// Caches revalidate public responses each time, which costs a 304.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What every read needs from its request.
#[derive(Debug)]
pub(super) struct ReadRequest {
    state: AppState,
    tokens: ConsistencyTokens,
    client: ClientAddr,
    headers: HeaderMap,
}

impl FromRequestParts<AppState> for ReadRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let tokens = ConsistencyTokens::from_request_parts(parts, state).await?;
        let client = match ClientAddr::from_request_parts(parts, state).await {
            Ok(client) => client,
            Err(never) => match never {},
        };
        Ok(Self {
            state: state.clone(),
            tokens,
            client,
            headers: parts.headers.clone(),
        })
    }
}

impl ReadRequest {
    /// A public response: the one cached under `key`, or a new one from `read`.
    pub(super) async fn public<T, F>(&self, key: &str, read: impl Fn(Live) -> F) -> Response
    where
        T: Serialize,
        F: Future<Output = Read<T>>,
    {
        let (freshness, response) = match self.wait().await {
            Ok(freshness) => {
                let read = || self.state.reads.run(&read);
                (freshness, self.state.cache.get_or_load(key, read).await)
            }
            // No second wait for an unavailable database, but the response may be in memory.
            Err(error) => {
                let cached = self.state.cache.get(key).await;
                (Outcome::Stale, cached.ok_or(error))
            }
        };
        let response = match response {
            Ok(cached) => self.respond(&cached.body, &cached.etag, PUBLIC),
            Err(ReadError::Moved(slug)) => moved(slug),
            Err(error) => ApiError::from(error).into_response(),
        };
        marked(response, freshness)
    }

    /// A response for one user only, which is not cached.
    pub(super) async fn private<T, F>(&self, read: impl FnOnce(Live) -> F) -> Result<Response, ApiError>
    where
        T: Serialize,
        F: Future<Output = Read<T>>,
    {
        let freshness = self.wait().await?;
        let body = self.state.reads.run(read).await?.body;
        let body = Bytes::from(serde_json::to_vec(&body).map_err(ReadError::from)?);
        Ok(marked(
            self.respond(&body, &entity_tag(&body)?, PRIVATE),
            freshness,
        ))
    }

    async fn wait(&self) -> Result<Outcome, ReadError> {
        Ok(self.state.tokens.wait(self.client, &self.tokens).await?)
    }

    fn respond(&self, body: &Bytes, etag: &HeaderValue, cache_control: HeaderValue) -> Response {
        let shared = [
            (header::ETAG, etag.clone()),
            (header::CACHE_CONTROL, cache_control),
        ];
        if self.has(etag) {
            return (StatusCode::NOT_MODIFIED, shared).into_response();
        }
        let content_type = [(header::CONTENT_TYPE, "application/json")];
        (shared, content_type, body.clone()).into_response()
    }

    /// Whether `If-None-Match` contains `etag`, by weak comparison (RFC 9110, section 13.1.2).
    fn has(&self, etag: &HeaderValue) -> bool {
        let values = self.headers.get_all(header::IF_NONE_MATCH).iter();
        let mut tags = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        tags.any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
        })
    }
}

fn marked(mut response: Response, freshness: Outcome) -> Response {
    if freshness == Outcome::Stale {
        response
            .headers_mut()
            .insert(STALE, HeaderValue::from_static("true"));
    }
    response
}

/// A redirect from a former slug. Another post may get that slug later, so the redirect is revalidated, too.
fn moved(slug: String) -> Response {
    let location = format!("/api/query/posts/{slug}");
    let Ok(value) = HeaderValue::try_from(&location) else {
        // Slugs are ASCII.
        return ApiError::not_found("post").into_response();
    };
    let headers = [(header::LOCATION, value), (header::CACHE_CONTROL, PUBLIC)];
    let body = axum::Json(MovedPost { slug, location });
    (StatusCode::MOVED_PERMANENTLY, headers, body).into_response()
}
