//! The way of every read: wait for the reader's own writes, take the answer from memory or make it, respond.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use common::api::query::MovedPost;
use runtime::{consistency::ConsistencyTokens, error::ApiError};
use serde::Serialize;

use super::PREFIX;
use crate::{
    cache::{Made, entity_tag},
    error::ReadError,
    freshness::Freshness,
    state::AppState,
};

/// Says that an answer may lack what the reader's tokens name.
const STALE: HeaderName = HeaderName::from_static("stale");
/// Answers are the same for everybody, and asked about again each time: that costs a 304.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");

/// Answers to one person are theirs alone to keep, and asked about again each time.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What every read takes from the request.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) app: AppState,
    pub(super) tokens: ConsistencyTokens,
    pub(super) headers: HeaderMap,
}

impl axum::extract::FromRequestParts<AppState> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &AppState,
    ) -> Result<Self, ApiError> {
        let tokens = ConsistencyTokens::from_request_parts(parts, app).await?;
        Ok(Self {
            app: app.clone(),
            tokens,
            headers: parts.headers.clone(),
        })
    }
}

impl Reader {
    /// The answer under `key`, made by `load` unless it is there.
    pub(super) async fn answer<T, F>(&self, key: &str, load: impl Fn() -> F) -> Response
    where
        T: Serialize,
        F: Future<Output = Result<Made<T>, ReadError>>,
    {
        let (freshness, answer) = match self.app.waiter.wait(&self.tokens).await {
            Ok(freshness) => (freshness, self.app.answers.get(key, load).await),
            // The database does not answer: no second wait for it, but what is in memory is there.
            Err(error) => {
                let kept = self.app.answers.kept(key).await;
                (Freshness::Stale, kept.ok_or_else(|| ReadError::from(error)))
            }
        };
        let response = match answer {
            Ok(answer) => self.respond(&answer.body, &answer.etag, CACHE_CONTROL),
            Err(ReadError::Moved(slug)) => moved(&slug),
            Err(error) => ApiError::from(error).into_response(),
        };
        marked(response, freshness)
    }

    /// The answer of `read`, which is one person's own: made anew each time, and kept by nobody else.
    pub(super) async fn own_answer<T, F>(&self, read: F) -> Response
    where
        T: Serialize,
        F: Future<Output = Result<Made<T>, ReadError>>,
    {
        let made = async {
            let freshness = self.app.waiter.wait(&self.tokens).await?;
            let body = Bytes::from(serde_json::to_vec(&read.await?.body)?);
            Ok::<_, ReadError>((freshness, entity_tag(&body)?, body))
        };
        match made.await {
            Ok((freshness, etag, body)) => marked(self.respond(&body, &etag, PRIVATE), freshness),
            Err(error) => ApiError::from(error).into_response(),
        }
    }

    fn respond(&self, body: &Bytes, etag: &HeaderValue, keep: HeaderValue) -> Response {
        let shared = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, keep)];
        if self.has(etag) {
            return (StatusCode::NOT_MODIFIED, shared).into_response();
        }
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (shared, kind, body.clone()).into_response()
    }

    /// Whether the reader has it already: `If-None-Match`, compared weakly (RFC 9110, section 13.1.2).
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

/// The answer, with a word of it where it may lack what the reader has written.
fn marked(mut response: Response, freshness: Freshness) -> Response {
    if freshness == Freshness::Stale {
        response
            .headers_mut()
            .insert(STALE, HeaderValue::from_static("true"));
    }
    response
}

/// An old slug leads to the present one. It may be given back one day, so nobody may keep it.
fn moved(slug: &str) -> Response {
    let location = format!("{PREFIX}/posts/{slug}");
    let body = axum::Json(MovedPost {
        slug: slug.to_owned(),
        location: location.clone(),
    });
    // Slugs are ASCII; one that is no header value leads nowhere.
    match HeaderValue::try_from(location) {
        Ok(location) => {
            let headers = [
                (header::LOCATION, location),
                (header::CACHE_CONTROL, CACHE_CONTROL),
            ];
            (StatusCode::MOVED_PERMANENTLY, headers, body).into_response()
        }
        Err(error) => ApiError::internal(error).into_response(),
    }
}
