//! `/static/*`: the files as they are, in the encoding the client takes best.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use common::error::ApiError;

use super::Asset;
use crate::{
    app::App,
    encoding::{Encoding, set_encoding},
    html::matches_etag,
};

/// A name that says the content never means another content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// `GET /static/{*path}`
pub async fn file(State(app): State<App>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    match app.assets.get(&path) {
        Some(asset) => answer(asset, &headers).await,
        None => ApiError::not_found("file").into_response(),
    }
}

/// `GET /favicon.svg`, which browsers and feed readers ask for by this name.
pub async fn favicon(State(app): State<App>, headers: HeaderMap) -> Response {
    match app.assets.named("favicon.svg") {
        Some(asset) => answer(asset, &headers).await,
        None => ApiError::not_found("file").into_response(),
    }
}

async fn answer(asset: &Asset, headers: &HeaderMap) -> Response {
    let (encoding, body) = asset.body.accepted(headers).await;
    let etag = etag_of(&asset.etag, encoding);
    let unchanged = matches_etag(headers, &etag);
    let mut response = Response::new(Body::empty());
    let out = response.headers_mut();
    out.insert(
        header::CACHE_CONTROL,
        if asset.immutable { FOR_EVER } else { AN_HOUR },
    );
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::ETAG, etag);
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    set_encoding(out, encoding);
    *response.body_mut() = Body::from(body);
    response
}

/// Each encoding is another representation, so it has a tag of its own (RFC 9110, section 8.8.3.3).
fn etag_of(etag: &HeaderValue, encoding: Encoding) -> HeaderValue {
    let (Some(name), Ok(text)) = (encoding.name(), etag.to_str()) else {
        return etag.clone();
    };
    let tagged = format!("{}-{name}\"", text.trim_end_matches('"'));
    HeaderValue::try_from(tagged).unwrap_or_else(|_| etag.clone())
}
