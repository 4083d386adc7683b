//! The document of a response: a page, a feed or a sitemap, with entity tag, cache control and content encoding.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::event::Timestamp;
use headers::{ETag, HeaderMapExt as _, IfModifiedSince, IfNoneMatch, LastModified};
use sha2::{Digest as _, Sha256};

use crate::{
    encoding::{Effort, Encoded, set_encoding},
    error::PageError,
};

/// The same for all anonymous visitors; revalidated on each request.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
/// For one user: only in the browser's cache.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// For feed readers, which poll often.
const FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Who receives a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anonymous visitors: the page depends only on the theme in the cookie.
    Anonymous,
    /// A signed-in user.
    SignedIn,
    /// Programs: the document is the same for all clients.
    Programs,
    /// The current request only: an error, or a form with errors.
    Uncached,
}

/// A rendered document.
#[derive(Debug)]
pub struct Document {
    pub content_type: &'static str,
    pub body: String,
    pub audience: Audience,
    pub last_modified: Option<Timestamp>,
}

impl Document {
    /// Renders a page.
    ///
    /// # Errors
    /// If the template fails.
    pub fn page(template: &impl Template, audience: Audience) -> Result<Self, PageError> {
        let body = template.render().map_err(PageError::internal)?;
        Ok(Self {
            content_type: "text/html; charset=utf-8",
            body,
            audience,
            last_modified: None,
        })
    }

    /// The response to a request with these headers. A document that is the same for all visitors is also in the
    /// response's extensions, for the page cache.
    pub async fn respond(self, status: StatusCode, request: &HeaderMap) -> Response {
        let document = CachedDocument::new(self);
        let mut response = document.respond(request).await;
        if status != StatusCode::OK {
            *response.status_mut() = status;
        } else if matches!(document.inner.audience, Audience::Anonymous | Audience::Programs) {
            response.extensions_mut().insert(document);
        }
        response
    }
}

/// A document that can be sent many times; cheap to clone.
#[derive(Debug, Clone)]
pub struct CachedDocument {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    content_type: HeaderValue,
    body: Encoded,
    audience: Audience,
    etag: Option<ETag>,
    last_modified: Option<SystemTime>,
}

impl CachedDocument {
    fn new(document: Document) -> Self {
        let Document {
            content_type,
            body,
            audience,
            last_modified,
        } = document;
        // A weak tag, which is the same for all encodings.
        let digest = Sha256::digest(body.as_bytes());
        let etag = entity_tag(&format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12])));
        let seconds = last_modified.and_then(|time| u64::try_from(time.as_secs()).ok());
        Self {
            inner: Arc::new(Inner {
                content_type: HeaderValue::from_static(content_type),
                body: Encoded::new(body, true, Effort::Quick),
                audience,
                etag: Some(etag).filter(|_| audience != Audience::Uncached),
                last_modified: seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
            }),
        }
    }

    /// The approximate size in memory, in bytes.
    pub fn weight(&self) -> usize {
        // In addition up to three encodings, each about a quarter of the text.
        self.inner.body.identity().len() * 2
    }

    /// The response; 304 if the client has the current document.
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
            Audience::Anonymous => (PUBLIC, "cookie, accept-encoding"),
            Audience::SignedIn => (PRIVATE, "cookie, accept-encoding"),
            Audience::Programs => (FIVE_MINUTES, "accept-encoding"),
            Audience::Uncached => (NO_STORE, "accept-encoding"),
        };
        headers.insert(header::CACHE_CONTROL, rule);
        headers.insert(header::VARY, HeaderValue::from_static(vary));
        if let Some(etag) = etag {
            headers.typed_insert(etag.clone());
        }
        if let Some(time) = last_modified {
            headers.typed_insert(LastModified::from(*time));
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

    /// Entity tags take precedence over dates (RFC 9110, section 13.2.2).
    fn is_known(&self, request: &HeaderMap) -> bool {
        if request.contains_key(header::IF_NONE_MATCH) {
            let etag = self.inner.etag.as_ref();
            return etag.is_some_and(|etag| is_known(request, etag));
        }
        let since: Option<IfModifiedSince> = request.typed_get();
        let since = since.zip(self.inner.last_modified);
        since.is_some_and(|(since, time)| !since.is_modified(time))
    }
}

/// The entity tag of a digest in quotes, which is always valid.
pub fn entity_tag(text: &str) -> ETag {
    text.parse()
        .unwrap_or_else(|_| unreachable!("{text} is no entity tag"))
}

/// Whether the client has the representation with this tag, by the weak comparison (RFC 9110, section 13.1.2).
pub fn is_known(request: &HeaderMap, etag: &ETag) -> bool {
    let known: Option<IfNoneMatch> = request.typed_get();
    known.is_some_and(|tags| !tags.precondition_passes(etag))
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
    async fn a_client_with_the_current_document_gets_304_with_the_cache_headers() {
        let first = document(Audience::Anonymous)
            .respond(StatusCode::OK, &HeaderMap::new())
            .await;
        assert_eq!(first.headers()["last-modified"], "Thu, 12 Mar 2026 10:00:00 GMT");
        let mut request = asking(header::ACCEPT_ENCODING, "br");
        request.insert(header::IF_NONE_MATCH, first.headers()["etag"].clone());
        let second = document(Audience::Anonymous)
            .respond(StatusCode::OK, &request)
            .await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        for name in ["etag", "cache-control", "vary", "last-modified"] {
            assert_eq!(second.headers()[name], first.headers()[name]);
        }
    }

    #[tokio::test]
    async fn a_date_counts_only_without_a_tag() {
        for (date, status) in [
            ("Thu, 12 Mar 2026 10:00:00 GMT", 304),
            ("Thu, 12 Mar 2026 09:59:59 GMT", 200),
            ("invalid", 200),
        ] {
            let mut request = asking(header::IF_MODIFIED_SINCE, date);
            let response = document(Audience::Programs)
                .respond(StatusCode::OK, &request)
                .await;
            assert_eq!(response.status().as_u16(), status, "{date}");
            request.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"other\""));
            let response = document(Audience::Programs)
                .respond(StatusCode::OK, &request)
                .await;
            assert_eq!(
                response.status(),
                StatusCode::OK,
                "the tag takes precedence over {date}"
            );
        }
    }

    #[tokio::test]
    async fn the_cache_control_depends_on_the_audience() {
        for (audience, rule) in [
            (Audience::Anonymous, "public, max-age=0, must-revalidate"),
            (Audience::SignedIn, "private, no-cache"),
            (Audience::Programs, "public, max-age=300"),
            (Audience::Uncached, "no-store"),
        ] {
            let response = document(audience)
                .respond(StatusCode::OK, &HeaderMap::new())
                .await;
            assert_eq!(response.headers()["cache-control"], rule);
            assert_eq!(
                response.headers().contains_key("etag"),
                audience != Audience::Uncached
            );
            let cached = matches!(audience, Audience::Anonymous | Audience::Programs);
            assert_eq!(
                response.extensions().get::<CachedDocument>().is_some(),
                cached,
                "{audience:?}"
            );
        }
    }
}
