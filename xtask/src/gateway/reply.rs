//! What the gateway says itself: problems.

use super::headers::REQUEST_ID;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde_json::json;

pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;
pub(super) type Body = BoxBody<Bytes, Error>;

/// An RFC 9457 problem, in the same shape the services give.
pub(super) fn problem(
    status: StatusCode,
    code: &str,
    detail: &str,
    request_id: &HeaderValue,
) -> Response<Body> {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
        "trace_id": request_id.to_str().unwrap_or_default(),
        "errors": [{ "message": detail, "code": code }],
    });
    let mut response = reply(status, "application/problem+json", body.to_string());
    response.headers_mut().insert(REQUEST_ID, request_id.clone());
    response
}

fn reply(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Full::from(body).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
