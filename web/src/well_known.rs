//! Files for robots and browsers: `robots.txt`, the web app manifest, the OpenSearch description.

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    document::{Audience, Document},
    request::PageRequest,
    state::AppState,
};

/// Paths without content for search engines: forms, a user's own pages, the API except for its reference.
const DISALLOWED: [&str; 12] = [
    "/api/",
    "/comments",
    "/following",
    "/moderation",
    "/posts",
    "/search",
    "/settings",
    "/signin",
    "/signout",
    "/signup",
    "/theme",
    "/write",
];

/// `GET /robots.txt`
pub async fn robots(request: PageRequest) -> Response {
    let disallowed: String = DISALLOWED.map(|path| format!("Disallow: {path}\n")).concat();
    let body = format!(
        "User-agent: *\n{disallowed}\nSitemap: {}/sitemap.xml\n",
        request.site().url
    );
    respond(&request, "text/plain; charset=utf-8", body).await
}

/// `GET /manifest.webmanifest`
pub async fn manifest(request: PageRequest, State(state): State<AppState>) -> Response {
    let site = request.site();
    let icon = |name: &str, sizes: &str, kind: &str| {
        let exists = state.assets.get(name).is_some();
        exists.then(|| json!({ "src": format!("/{name}"), "sizes": sizes, "type": kind, "purpose": "any" }))
    };
    let icons: Vec<_> = [
        icon("favicon.svg", "any", "image/svg+xml"),
        icon("icon-192.png", "192x192", "image/png"),
        icon("icon-512.png", "512x512", "image/png"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let manifest = json!({
        "name": site.name,
        "short_name": site.name,
        "description": site.description,
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#fcfcfa",
        "theme_color": "#fcfcfa",
        "icons": icons,
    });
    respond(&request, "application/manifest+json", manifest.to_string()).await
}

/// `GET /opensearch.xml`
///
/// Source: OpenSearch 1.1 draft 6.
pub async fn opensearch(request: PageRequest) -> Response {
    let site = request.site();
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    // The specification allows at most 16 characters.
    let short: String = site.name.chars().take(16).collect();
    let (short, about, url) = (escape(&short), escape(&site.description), escape(&site.url));
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n\
         <ShortName>{short}</ShortName>\n<Description>{about}</Description>\n\
         <Image width=\"16\" height=\"16\" type=\"image/svg+xml\">{url}/favicon.svg</Image>\n\
         <Url type=\"text/html\" template=\"{url}/search?q={{searchTerms}}\"/>\n\
         <InputEncoding>UTF-8</InputEncoding>\n</OpenSearchDescription>\n"
    );
    respond(&request, "application/opensearchdescription+xml", body).await
}

async fn respond(request: &PageRequest, content_type: &'static str, body: String) -> Response {
    let document = Document {
        content_type,
        body,
        audience: Audience::Programs,
        last_modified: None,
    };
    document.respond(StatusCode::OK, request.headers()).await
}
