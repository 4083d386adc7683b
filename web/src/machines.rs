//! What robots and browsers ask for by well-known names: `robots.txt`, the web app manifest, the description of the
//! search.

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    app::App,
    document::{Audience, Document},
    failure::PageResult,
    visit::Visit,
};

/// Paths that hold nothing for a search engine: forms, one's own pages, the API but for its reference.
const NOT_FOR_ROBOTS: [&str; 12] = [
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
pub async fn robots(visit: Visit) -> Response {
    let refused: String = NOT_FOR_ROBOTS.map(|path| format!("Disallow: {path}\n")).concat();
    let body = format!(
        "User-agent: *\n{refused}\nSitemap: {}/sitemap.xml\n",
        visit.site().url
    );
    answer(&visit, "text/plain; charset=utf-8", body).await
}

/// `GET /manifest.webmanifest`
pub async fn manifest(visit: Visit, State(app): State<App>) -> PageResult {
    let site = visit.site();
    let icon = |name: &str, sizes: &str, kind: &str| {
        let there = app.assets.get(name).is_some();
        there.then(|| json!({ "src": format!("/{name}"), "sizes": sizes, "type": kind, "purpose": "any" }))
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
    Ok(answer(&visit, "application/manifest+json", manifest.to_string()).await)
}

/// `GET /opensearch.xml`
///
/// Source: OpenSearch 1.1 draft 6.
pub async fn opensearch(visit: Visit) -> Response {
    let site = visit.site();
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    // At most 16 characters.
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
    answer(&visit, "application/opensearchdescription+xml", body).await
}

async fn answer(visit: &Visit, content_type: &'static str, body: String) -> Response {
    let document = Document {
        content_type,
        body,
        audience: Audience::Programs,
        last_modified: None,
    };
    document.respond(StatusCode::OK, visit.headers()).await
}
