//! What was made for an answer: a page, a feed, a sitemap; with entity tag, cache rules and encoding.

use std::sync::Arc;

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::event::Timestamp;
use jiff::fmt::rfc2822;
use runtime::error::ApiError;
use sha2::{Digest as _, Sha256};

use crate::{
    encoding::{Effort, Encoded, set_encoding},
    failure::Failure,
};

/// Of nobody in particular; asked about again each time, which costs a 304.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
/// Of somebody: for no cache but the browser's.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Readers of feeds ask often, and nobody minds five minutes.
const FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");
const NEVER: HeaderValue = HeaderValue::from_static("no-store");

/// For whom a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A page that is the same for everybody who is not signed in, but for the theme in its cookie.
    Everybody,
    /// A page of somebody who is signed in.
    Somebody,
    /// Programs: the same whoever asks.
    Programs,
    /// Whoever just asked: an error, a form that was refused.
    Once,
}

/// A document that was made.
#[derive(Debug)]
pub struct Document {
    pub content_type: &'static str,
    pub body: String,
    pub audience: Audience,
    pub last_modified: Option<Timestamp>,
}

impl Document {
    /// The page that `template` makes.
    ///
    /// # Errors
    /// If the template fails, which is a fault of ours.
    pub fn page(template: &impl Template, audience: Audience) -> Result<Self, Failure> {
        let body = template
            .render()
            .map_err(|error| Failure::from(ApiError::internal(error)))?;
        Ok(Self {
            content_type: "text/html; charset=utf-8",
            body,
            audience,
            last_modified: None,
        })
    }

    /// The answer with this document to a request with these headers. One for everybody takes itself along in the
    /// answer's extensions, to be kept.
    pub async fn respond(self, status: StatusCode, request: &HeaderMap) -> Response {
        let ready = Ready::new(self);
        let mut response = ready.respond(request).await;
        if status != StatusCode::OK {
            *response.status_mut() = status;
        } else if matches!(ready.inner.audience, Audience::Everybody | Audience::Programs) {
            response.extensions_mut().insert(ready);
        }
        response
    }
}

/// A document that is ready to be sent, many times if need be; cheap to clone.
#[derive(Debug, Clone)]
pub struct Ready {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    content_type: HeaderValue,
    body: Encoded,
    audience: Audience,
    etag: Option<HeaderValue>,
    last_modified: Option<(Timestamp, HeaderValue)>,
}

impl Ready {
    fn new(document: Document) -> Self {
        let Document {
            content_type,
            body,
            audience,
            last_modified,
        } = document;
        let etag = (audience != Audience::Once).then(|| etag(body.as_bytes()));
        let last_modified = last_modified.and_then(|time| Some((time, http_date(time)?)));
        Self {
            inner: Arc::new(Inner {
                content_type: HeaderValue::from_static(content_type),
                body: Encoded::new(body, true, Effort::Quick),
                audience,
                etag,
                last_modified,
            }),
        }
    }

    /// Bytes that it takes in memory, about.
    pub fn weight(&self) -> usize {
        // Three encodings, each a quarter of the text.
        self.inner.body.identity().len() * 2
    }

    /// The answer: 304 where the client has this very document.
    pub async fn respond(&self, request: &HeaderMap) -> Response {
        let Inner {
            content_type,
            body,
            audience,
            etag,
            last_modified,
        } = &*self.inner;
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        let (rule, vary) = match audience {
            Audience::Everybody => (PUBLIC, "cookie, accept-encoding"),
            Audience::Somebody => (PRIVATE, "cookie, accept-encoding"),
            Audience::Programs => (FIVE_MINUTES, "accept-encoding"),
            Audience::Once => (NEVER, "accept-encoding"),
        };
        headers.insert(header::CACHE_CONTROL, rule);
        headers.insert(header::VARY, HeaderValue::from_static(vary));
        if let Some(etag) = etag {
            headers.insert(header::ETAG, etag.clone());
        }
        if let Some((_, text)) = last_modified {
            headers.insert(header::LAST_MODIFIED, text.clone());
        }
        if self.is_known(request) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, content_type.clone());
        let (encoding, bytes) = body.accepted(request).await;
        set_encoding(headers, encoding);
        *response.body_mut() = Body::from(bytes);
        response
    }

    /// Entity tags outrank dates (RFC 9110, section 13.2.2).
    fn is_known(&self, request: &HeaderMap) -> bool {
        if request.contains_key(header::IF_NONE_MATCH) {
            let etag = self.inner.etag.as_ref();
            return etag.is_some_and(|etag| matches_etag(request, etag));
        }
        let since = request
            .get(header::IF_MODIFIED_SINCE)
            .and_then(|value| rfc2822::parse(value.to_str().ok()?).ok());
        match (since, &self.inner.last_modified) {
            (Some(since), Some((time, _))) => time.as_secs() <= since.timestamp().as_second(),
            _ => false,
        }
    }
}

/// A date as HTTP writes it.
fn http_date(time: Timestamp) -> Option<HeaderValue> {
    let instant = jiff::Timestamp::from_second(time.as_secs()).ok()?;
    let printer = rfc2822::DateTimePrinter::new();
    HeaderValue::try_from(printer.timestamp_to_rfc9110_string(&instant).ok()?).ok()
}

/// A weak tag: the same document in another encoding is the same document.
fn etag(body: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(body);
    let text = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12]));
    // Base64 between quotes is always a header value.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Whether `If-None-Match` names it, compared weakly (RFC 9110, section 13.1.2).
pub fn matches_etag(request: &HeaderMap, etag: &HeaderValue) -> bool {
    fn opaque(tag: &[u8]) -> &[u8] {
        tag.strip_prefix(b"W/").unwrap_or(tag)
    }
    let values = request.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tags.any(|tag| {
        let tag = tag.trim();
        tag == "*" || opaque(tag.as_bytes()) == opaque(etag.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(audience: Audience) -> Document {
        Document {
            content_type: "text/html; charset=utf-8",
            body: "<p>Hello</p>".repeat(100),
            audience,
            last_modified: "2026-03-12T10:00:00.500Z".parse().ok(),
        }
    }

    fn asking(name: header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[tokio::test]
    async fn who_has_it_gets_304_and_the_rules_again() {
        let first = document(Audience::Everybody)
            .respond(StatusCode::OK, &HeaderMap::new())
            .await;
        assert_eq!(first.headers()["last-modified"], "Thu, 12 Mar 2026 10:00:00 GMT");
        let mut request = asking(header::ACCEPT_ENCODING, "br");
        request.insert(header::IF_NONE_MATCH, first.headers()["etag"].clone());
        let second = document(Audience::Everybody)
            .respond(StatusCode::OK, &request)
            .await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        for name in ["etag", "cache-control", "vary", "last-modified"] {
            assert_eq!(second.headers()[name], first.headers()[name]);
        }
    }

    #[tokio::test]
    async fn a_date_is_enough_where_no_tag_is_sent() {
        for (date, status) in [
            ("Thu, 12 Mar 2026 10:00:00 GMT", 304),
            ("Thu, 12 Mar 2026 09:59:59 GMT", 200),
            ("nonsense", 200),
        ] {
            let mut request = asking(header::IF_MODIFIED_SINCE, date);
            let answer = document(Audience::Programs)
                .respond(StatusCode::OK, &request)
                .await;
            assert_eq!(answer.status().as_u16(), status, "{date}");
            request.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"other\""));
            let answer = document(Audience::Programs)
                .respond(StatusCode::OK, &request)
                .await;
            assert_eq!(answer.status(), StatusCode::OK, "the tag outranks {date}");
        }
    }

    #[tokio::test]
    async fn each_audience_has_its_rule() {
        for (audience, rule) in [
            (Audience::Everybody, "public, max-age=0, must-revalidate"),
            (Audience::Somebody, "private, no-cache"),
            (Audience::Programs, "public, max-age=300"),
            (Audience::Once, "no-store"),
        ] {
            let answer = document(audience)
                .respond(StatusCode::OK, &HeaderMap::new())
                .await;
            assert_eq!(answer.headers()["cache-control"], rule);
            assert_eq!(answer.headers().contains_key("etag"), audience != Audience::Once);
            let kept = matches!(audience, Audience::Everybody | Audience::Programs);
            assert_eq!(answer.extensions().get::<Ready>().is_some(), kept, "{audience:?}");
        }
    }
}
