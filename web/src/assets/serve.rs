//! `/static/*`: the files as they are, in the encoding the client takes best.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use runtime::error::ApiError;

use super::Asset;
use crate::{
    app::App,
    document::matches_etag,
    encoding::{Encoding, set_encoding},
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

/// `GET /favicon.svg` and other files that browsers ask for by a name of their own.
pub async fn root_file(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    match app.assets.get(uri.path().trim_start_matches('/')) {
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
