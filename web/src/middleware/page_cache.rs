//! Serves pages from the [cache](crate::cache), and caches those that handlers return.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use runtime::{auth::session_cookie_name, http::cookie_value};

use crate::{api::Dependencies, cache::Key, document::CachedDocument, state::AppState, theme::Theme};

/// Longer paths are not cached.
const MAX_PATH: usize = 300;

/// The key of a page that is the same for all anonymous visitors.
fn key_of(request: &Request, secure: bool) -> Option<Key> {
    let path = request.uri().path_and_query()?.as_str();
    let headers = request.headers();
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let cacheable = reads && path.len() <= MAX_PATH && is_anonymous(headers, secure);
    cacheable.then(|| (Theme::of(headers), path.into()))
}

/// Whether the visitor is not signed in and has not just written anything.
fn is_anonymous(headers: &HeaderMap, secure: bool) -> bool {
    if headers.contains_key(header::AUTHORIZATION) || headers.contains_key(common::consistency::HEADER) {
        return false;
    }
    !headers.contains_key(header::COOKIE)
        || (cookie_value(headers, session_cookie_name(secure)).is_none()
            && cookie_value(headers, common::consistency::COOKIE).is_none())
}

/// The layer.
pub async fn cached(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let cache = &state.cache;
    let Some(key) = key_of(&request, state.site.https) else {
        return next.run(request).await;
    };
    if let Some(document) = cache.get(&key) {
        metrics::counter!("web_page_cache_hits_total").increment(1);
        return document.respond(request.headers()).await;
    }
    let Some(started) = state.changes.now() else {
        return next.run(request).await;
    };
    metrics::counter!("web_page_cache_misses_total").increment(1);
    let dependencies = Dependencies::default();
    request.extensions_mut().insert(dependencies.clone());
    let mut response = next.run(request).await;
    if let Some(document) = response.extensions_mut().remove::<CachedDocument>()
        && let Some(keys) = dependencies.keys()
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        cache.insert(key, document, keys, started);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn key(headers: &[(&'static str, &str)], secure: bool) -> Option<Key> {
        let mut request = Request::get("/p/x?a=b");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        key_of(&request.body(Body::empty()).unwrap(), secure)
    }

    #[test]
    fn only_pages_of_anonymous_visitors_are_cached_separately_for_each_theme() {
        assert!(key(&[("cookie", "a=b")], false).is_some());
        assert_ne!(key(&[("cookie", "theme=dark")], false), key(&[], false));
        for (name, value) in [
            ("cookie", "session=token"),
            ("cookie", "consistency=post:1@2"),
            ("authorization", "Bearer token"),
            ("consistency-token", "post:1@2"),
        ] {
            assert_eq!(key(&[(name, value)], false), None, "{name}: {value}");
        }
        assert_eq!(key(&[("cookie", "__Host-session=token")], true), None);
        let long = Request::get(format!("/{}", "x".repeat(MAX_PATH)));
        assert_eq!(key_of(&long.body(Body::empty()).unwrap(), false), None);
        assert_eq!(
            key_of(&Request::post("/").body(Body::empty()).unwrap(), false),
            None
        );
    }
}
