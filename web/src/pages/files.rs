//! `/static/*`: the assets, in the encoding that the client prefers.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use headers::HeaderMapExt as _;
use runtime::error::ApiError;

use crate::{
    assets::Asset,
    document::{entity_tag, is_known},
    encoding::set_encoding,
    state::AppState,
};

/// For names that contain a hash of the content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ONE_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// `GET /static/{*path}`
pub async fn asset(State(state): State<AppState>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    match state.assets.get(&path) {
        Some(asset) => respond(asset, &headers).await,
        None => ApiError::not_found("file").into_response(),
    }
}

/// `GET /favicon.svg` and other files with fixed names.
pub async fn root_asset(State(state): State<AppState>, uri: Uri, headers: HeaderMap) -> Response {
    match state.assets.get(uri.path().trim_start_matches('/')) {
        Some(asset) => respond(asset, &headers).await,
        None => ApiError::not_found("file").into_response(),
    }
}

async fn respond(asset: &Asset, headers: &HeaderMap) -> Response {
    let (encoding, body) = asset.body.accepted(headers).await;
    // Each encoding is a representation with its own tag (RFC 9110, section 8.8.3.3).
    let etag = entity_tag(&format!(
        "\"{}{}\"",
        asset.digest,
        encoding.name().unwrap_or_default()
    ));
    let unchanged = is_known(headers, &etag);
    let mut response = Response::new(Body::empty());
    let out = response.headers_mut();
    out.insert(
        header::CACHE_CONTROL,
        if asset.immutable { IMMUTABLE } else { ONE_HOUR },
    );
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.typed_insert(etag);
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    set_encoding(out, encoding);
    *response.body_mut() = Body::from(body);
    response
}
