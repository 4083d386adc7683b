//! Redirects within this site.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// A name may be reused, so a redirect to the current one must be revalidated.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A redirect to `path`.
pub fn to(status: StatusCode, path: &str, cache_control: HeaderValue) -> Response {
    // Only control characters are invalid, and no path contains them.
    let location = HeaderValue::from_bytes(path.as_bytes()).unwrap_or(HeaderValue::from_static("/"));
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, cache_control),
    ];
    (status, headers).into_response()
}
