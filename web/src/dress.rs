//! Around everything: the security headers, the cookies that services have set, and pages in place of bare errors.

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

use crate::{api::Jar, app::App, failure::Failure, security, visit::Visit};

/// Larger than any problem document of ours.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

/// The outermost layer.
pub async fn dress(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let jar = Jar::default();
    parts.extensions.insert(jar.clone());
    let mut kept = kept(&parts);
    let https = app.site.https;
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = match failure(response, &kept.headers).await {
        Outcome::Answer(response) => response,
        Outcome::Failed(failure, headers) => {
            let mut page = page(&failure, &mut kept, &app).await;
            for (name, value) in headers.iter().filter(|(name, _)| KEPT.contains(name)) {
                page.headers_mut().append(name, value.clone());
            }
            page
        }
    };
    let headers = response.headers_mut();
    for cookie in jar.take() {
        headers.append(header::SET_COOKIE, cookie);
    }
    security::set_headers(headers, https);
    response
}

/// What of the answer in place of which a page comes still holds.
const KEPT: [HeaderName; 4] = [
    header::ALLOW,
    header::RETRY_AFTER,
    header::SET_COOKIE,
    HeaderName::from_static("x-request-id"),
];

/// What an error page needs of the request.
fn kept(parts: &Parts) -> Parts {
    let mut request = Request::new(());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.headers_mut() = parts.headers.clone();
    request.into_parts().0
}

enum Outcome {
    Answer(Response),
    Failed(Failure, HeaderMap),
}

async fn failure(response: Response, request: &HeaderMap) -> Outcome {
    let status = response.status();
    if status.is_success() || status.is_redirection() || !wants_page(request) {
        return Outcome::Answer(response);
    }
    let (mut parts, body) = response.into_parts();
    if let Some(failure) = parts.extensions.remove::<Failure>() {
        return Outcome::Failed(failure, parts.headers);
    }
    let kind = parts.headers.get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != PROBLEM_JSON) {
        return Outcome::Answer(Response::from_parts(parts, body));
    }
    match to_bytes(body, MAX_PROBLEM_BYTES)
        .await
        .ok()
        .and_then(|body| serde_json::from_slice::<Problem>(&body).ok())
    {
        Some(problem) => Outcome::Failed(Failure::Problem(Box::new(problem), None), parts.headers),
        None => Outcome::Answer(Response::from_parts(parts, Body::empty())),
    }
}

/// A script that asks for JSON gets the problem document; everybody else is a person.
fn wants_page(request: &HeaderMap) -> bool {
    let accept = request
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("*/*");
    !accept.contains("json") || accept.contains("text/html")
}

async fn page(failure: &Failure, kept: &mut Parts, app: &App) -> Response {
    // A token that is not valid is what failed, perhaps; then this is nobody.
    let viewer = MaybeUser::from_request_parts(kept, app).await;
    let viewer = viewer.ok().and_then(|MaybeUser(viewer)| viewer);
    let visit = Visit::with_viewer(kept, app, viewer);
    let mut response = failure.page(&visit).await;
    if kept.method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}
