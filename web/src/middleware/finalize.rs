//! Completes every response: security headers, the cookies that services have set, and pages in place of problem
//! documents.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, HeaderName, Method, header, request::Parts},
    middleware::Next,
    response::Response,
};
use common::api::Problem;
use runtime::{auth::MaybeUser, http::PROBLEM_JSON};

use super::security_headers;
use crate::{api::CookieJar, error::PageError, pages::error, request::PageRequest, state::AppState};

/// Larger than any problem document.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

/// The headers of the original response that the error page keeps.
const KEPT_HEADERS: [HeaderName; 4] = [
    header::ALLOW,
    header::RETRY_AFTER,
    header::SET_COOKIE,
    HeaderName::from_static("x-request-id"),
];

/// The outermost layer.
pub async fn finalize(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let cookies = CookieJar::default();
    parts.extensions.insert(cookies.clone());
    let mut original = without_extensions(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = match error_of(response, &original.headers).await {
        Ok(response) => response,
        Err((error, headers)) => {
            let mut page = error_page(&error, &mut original, &state).await;
            for (name, value) in headers.iter().filter(|(name, _)| KEPT_HEADERS.contains(name)) {
                page.headers_mut().append(name, value.clone());
            }
            page
        }
    };
    let headers = response.headers_mut();
    for cookie in cookies.take() {
        headers.append(header::SET_COOKIE, cookie);
    }
    if is_shared(headers) {
        // A cache would send the cookies of one visitor to others. The next page renews what is lost.
        headers.remove(header::SET_COOKIE);
    }
    security_headers::set(headers, state.site.https);
    response
}

/// Whether caches may send the response to several visitors.
fn is_shared(headers: &HeaderMap) -> bool {
    let rules = headers.get_all(header::CACHE_CONTROL).iter();
    rules
        .filter_map(|rule| rule.to_str().ok())
        .any(|rule| rule.contains("public"))
}

/// A copy of the request's head for an error page.
fn without_extensions(parts: &Parts) -> Parts {
    let mut request = Request::new(());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.headers_mut() = parts.headers.clone();
    request.into_parts().0
}

/// The response, or the error to be rendered as a page with the headers of the response.
async fn error_of(response: Response, request: &HeaderMap) -> Result<Response, (PageError, HeaderMap)> {
    let status = response.status();
    if status.is_success() || status.is_redirection() || !accepts_html(request) {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    if let Some(error) = parts.extensions.remove::<PageError>() {
        return Err((error, parts.headers));
    }
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    if content_type.is_none_or(|content_type| content_type != PROBLEM_JSON) {
        return Ok(Response::from_parts(parts, body));
    }
    let body = to_bytes(body, MAX_PROBLEM_BYTES).await.ok();
    match body.and_then(|body| serde_json::from_slice::<Problem>(&body).ok()) {
        Some(problem) => Err((PageError::Problem(Box::new(problem), None), parts.headers)),
        None => Ok(Response::from_parts(parts, Body::empty())),
    }
}

/// Scripts that accept JSON get the problem document; everyone else gets a page.
fn accepts_html(request: &HeaderMap) -> bool {
    let accept = request
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("*/*");
    !accept.contains("json") || accept.contains("text/html")
}

async fn error_page(error: &PageError, original: &mut Parts, state: &AppState) -> Response {
    // The error may be an invalid token; then the visitor is anonymous.
    let viewer = MaybeUser::from_request_parts(original, state).await;
    let viewer = viewer.ok().and_then(|MaybeUser(viewer)| viewer);
    let request = PageRequest::new(original, state, viewer);
    let mut response = error::render(error, &request).await;
    if original.method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}
