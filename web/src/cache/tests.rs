use axum::http::{HeaderMap, StatusCode};

use super::*;
use crate::document::{Audience, Document};

async fn page() -> CachedDocument {
    let document = Document {
        content_type: "text/html; charset=utf-8",
        body: "A page".to_owned(),
        audience: Audience::Anonymous,
        last_modified: None,
    };
    let mut response = document.respond(StatusCode::OK, &HeaderMap::new()).await;
    response.extensions_mut().remove().unwrap()
}

fn cache() -> (PageCache, Arc<Changes>, Key) {
    let changes = Arc::new(Changes::default());
    changes.connected();
    let key = (Theme::System, "/p/x".into());
    (PageCache::new(1 << 20, changes.clone()), changes, key)
}

#[tokio::test]
async fn a_page_is_valid_until_a_dependency_changes() {
    let (cache, changes, key) = cache();
    let started = changes.now().unwrap();
    cache.insert(key.clone(), page().await, vec![KeyHash::posts()], started);
    assert!(cache.get(&key).is_some());
    changes.record(KeyHash::tags(), Instant::now());
    assert!(cache.get(&key).is_some());
    changes.record(KeyHash::posts(), Instant::now());
    assert!(cache.get(&key).is_none());
}

#[tokio::test]
async fn a_page_rendered_before_a_change_is_not_cached() {
    let (cache, changes, key) = cache();
    let started = changes.now().unwrap();
    changes.record(KeyHash::posts(), Instant::now());
    cache.insert(key.clone(), page().await, vec![KeyHash::posts()], started);
    assert!(cache.get(&key).is_none());
}

#[tokio::test]
async fn no_page_is_returned_while_changes_are_not_received() {
    let (cache, changes, key) = cache();
    let started = changes.now().unwrap();
    cache.insert(key.clone(), page().await, Vec::new(), started);
    assert!(cache.get(&key).is_some());
    changes.disconnected();
    assert!(cache.get(&key).is_none());
    changes.connected();
    assert!(cache.get(&key).is_none(), "changes may have been missed");
}
