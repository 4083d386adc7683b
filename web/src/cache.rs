//! Pages of everybody, kept as bytes in memory: for visitors who are signed in as nobody and have just written nothing.
//!
//! A page is kept with the parts of the read model that it shows, as the calls that made it have noted them, and is
//! good until one of them changes. [`live`] consumes of changes; while it does not, nothing is kept and nothing that was
//! kept is shown.

pub mod changes;
pub mod live;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use moka::sync::Cache;
use runtime::{auth::session_cookie_name, http::cookie_value};

use crate::{api::Noted, app::App, document::Ready, theme::Theme};
use changes::{Changes, KeyHash};

/// Replicas of the read side hear of a change at slightly different times, and a change may be missed: after this a
/// page is made anew, and after twice this it is not shown any more.
const LIFETIME: Duration = Duration::from_secs(10);
/// Longer paths are not worth a place.
const MAX_PATH: usize = 300;
/// What an entry costs besides its body.
const OVERHEAD: usize = 500;

type Key = (Theme, Box<str>);

/// The pages that are kept.
#[derive(Debug, Clone)]
pub struct Pages {
    cache: Cache<Key, Arc<Kept>>,
    changes: Arc<Changes>,
}

#[derive(Debug)]
struct Kept {
    document: Ready,
    keys: Box<[KeyHash]>,
    /// Nothing of `keys` has changed up to here.
    good_until: AtomicU64,
    made: Instant,
    renewing: AtomicBool,
}

impl Pages {
    /// Keeps at most about `max_bytes`; 0 keeps nothing.
    pub fn new(max_bytes: u64, changes: Arc<Changes>) -> Self {
        let weigh = |(_, path): &Key, kept: &Arc<Kept>| {
            let bytes =
                path.len() + kept.document.weight() + kept.keys.len() * size_of::<KeyHash>() + OVERHEAD;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .weigher(weigh)
            .max_capacity(max_bytes)
            .time_to_live(LIFETIME * 2)
            .build();
        Self { cache, changes }
    }

    fn find(&self, key: &Key) -> Option<Ready> {
        let kept = self.cache.get(key)?;
        let now = self.changes.now()?;
        let old = kept.made.elapsed() > LIFETIME;
        if old && !kept.renewing.swap(true, Ordering::AcqRel) {
            // One makes it anew; the others need not wait.
            return None;
        }
        let good_until = kept.good_until.load(Ordering::Acquire);
        if good_until != now {
            if !self.changes.none_since(good_until, &kept.keys) {
                self.cache.invalidate(key);
                return None;
            }
            kept.good_until.store(now, Ordering::Release);
        }
        Some(kept.document.clone())
    }

    /// Keeps a page that was begun at `began`, unless something that it shows has changed since or just before.
    fn keep(&self, key: Key, document: Ready, keys: Vec<KeyHash>, began: u64) {
        if !self.changes.settled(began, &keys) {
            return;
        }
        let kept = Kept {
            document,
            keys: keys.into(),
            good_until: AtomicU64::new(began),
            made: Instant::now(),
            renewing: AtomicBool::new(false),
        };
        self.cache.insert(key, Arc::new(kept));
    }
}

/// Whose page may be taken from here, and put here: a reader's of whom nothing is known but the theme.
fn key_of(request: &Request, secure: bool) -> Option<Key> {
    let path = request.uri().path_and_query()?.as_str();
    let headers = request.headers();
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let anybody = reads && path.len() <= MAX_PATH && is_anybody(headers, secure);
    anybody.then(|| (Theme::of(headers), path.into()))
}

fn is_anybody(headers: &HeaderMap, secure: bool) -> bool {
    if headers.contains_key(header::AUTHORIZATION) || headers.contains_key(common::consistency::HEADER) {
        return false;
    }
    !headers.contains_key(header::COOKIE)
        || (cookie_value(headers, session_cookie_name(secure)).is_none()
            && cookie_value(headers, common::consistency::COOKIE).is_none())
}

/// The layer around the routes.
pub async fn layer(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let pages = &app.pages;
    let Some(key) = key_of(&request, app.site.https) else {
        return next.run(request).await;
    };
    if let Some(document) = pages.find(&key) {
        metrics::counter!("web_page_cache_hits_total").increment(1);
        return document.respond(request.headers()).await;
    }
    let Some(began) = pages.changes.now() else {
        return next.run(request).await;
    };
    metrics::counter!("web_page_cache_misses_total").increment(1);
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());
    let mut response = next.run(request).await;
    if let Some(document) = response.extensions_mut().remove::<Ready>()
        && let Some(keys) = noted.keys()
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        pages.keep(key, document, keys, began);
    }
    response
}

#[cfg(test)]
mod tests;
