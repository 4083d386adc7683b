//! What the gateway says itself: problems, and the page at `/` while nobody is routed there.

use super::headers::REQUEST_ID;
use crate::{ingress::Routes, services::SERVICES};
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

/// Tells a developer who opens the address in a browser what runs here.
pub(super) fn front_page(routes: &Routes, port: u16) -> Response<Body> {
    let mut page = format!(
        "Inkstream, the development platform on http://localhost:{port}\n\nRoutes (from ingress.yaml):\n"
    );
    for route in routes.iter() {
        page += &format!("  {:<24}-> {}\n", route.path, route.service);
    }
    page += "\nThe API of each service: ";
    // Of a service's prefixes the shortest is its own; longer ones only have settings of their own.
    let open = |name: &str| {
        routes
            .iter()
            .filter(|route| route.service == name)
            .map(|route| route.path.as_str())
            .min_by_key(|path| path.len())
    };
    let apis: Vec<_> = SERVICES.iter().filter_map(|service| open(service.name)).collect();
    page += &apis
        .iter()
        .map(|path| format!("{path}/openapi.json"))
        .collect::<Vec<_>>()
        .join("  ");
    page += "\nWhat runs: cargo xtask status. What it says: cargo xtask logs -f\n";
    reply(StatusCode::OK, "text/plain; charset=utf-8", page)
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
