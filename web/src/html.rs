//! A rendered page as an answer: entity tag, cache rules, encoding.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::error::ApiError;
use sha2::{Digest as _, Sha256};

use crate::{
    encoding::{Effort, Encoded, set_encoding},
    failure::Failure,
};

/// Pages of nobody in particular; asked about again each time, which costs a 304.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
/// Pages of somebody: for no cache but the browser's.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Theme and session are in cookies.
const VARY: HeaderValue = HeaderValue::from_static("cookie, accept-encoding");

/// A page, made and not yet sent.
#[derive(Debug)]
pub struct Html {
    pub status: StatusCode,
    pub body: String,
    /// Whether it was made for somebody who is signed in.
    pub private: bool,
}

impl Html {
    /// Renders `template`.
    ///
    /// # Errors
    /// If the template fails, which is a fault of ours.
    pub fn render(template: &impl Template) -> Result<String, Failure> {
        template
            .render()
            .map_err(|error| Failure::from(ApiError::internal(error)))
    }

    /// The answer to a request with these headers: 304 where the visitor has this very page.
    pub async fn respond(self, request: &HeaderMap) -> Response {
        let etag = (self.status == StatusCode::OK).then(|| etag(self.body.as_bytes()));
        let unchanged = etag.as_ref().is_some_and(|etag| matches_etag(request, etag));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let rule = match (self.status.is_success(), self.private) {
            (false, _) => HeaderValue::from_static("no-store"),
            (true, true) => PRIVATE,
            (true, false) => PUBLIC,
        };
        headers.insert(header::CACHE_CONTROL, rule);
        headers.insert(header::VARY, VARY);
        if let Some(etag) = etag {
            headers.insert(header::ETAG, etag);
        }
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        let (encoding, body) = Encoded::new(self.body, true, Effort::Quick)
            .accepted(request)
            .await;
        set_encoding(headers, encoding);
        *response.body_mut() = Body::from(body);
        response
    }
}

/// A weak tag: the same page in another encoding is the same page.
pub fn etag(body: &[u8]) -> HeaderValue {
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

    fn page(private: bool) -> Html {
        Html {
            status: StatusCode::OK,
            body: "<p>Hello</p>".repeat(100),
            private,
        }
    }

    #[tokio::test]
    async fn who_has_it_gets_304_and_the_rules_again() {
        let first = page(false).respond(&HeaderMap::new()).await;
        let mut request = HeaderMap::new();
        request.insert(header::IF_NONE_MATCH, first.headers()["etag"].clone());
        request.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br"));
        let second = page(false).respond(&request).await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        for name in ["etag", "cache-control", "vary"] {
            assert_eq!(second.headers()[name], first.headers()[name]);
        }
    }

    #[tokio::test]
    async fn somebody_s_page_is_for_no_shared_cache_and_an_error_for_none() {
        let response = page(true).respond(&HeaderMap::new()).await;
        assert_eq!(response.headers()["cache-control"], "private, no-cache");
        let missing = Html {
            status: StatusCode::NOT_FOUND,
            ..page(false)
        };
        let response = missing.respond(&HeaderMap::new()).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(!response.headers().contains_key("etag"));
    }
}
