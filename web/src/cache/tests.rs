use axum::body::Body;

use super::*;
use crate::document::{Audience, Document};

async fn page(text: &str) -> Ready {
    let document = Document {
        content_type: "text/html; charset=utf-8",
        body: text.to_owned(),
        audience: Audience::Everybody,
        last_modified: None,
    };
    let mut response = document
        .respond(axum::http::StatusCode::OK, &HeaderMap::new())
        .await;
    response.extensions_mut().remove().unwrap()
}

fn request(headers: &[(&'static str, &str)]) -> Request {
    let mut request = Request::get("/p/x?a=b");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

fn pages() -> (Pages, Arc<Changes>, Key) {
    let changes = Arc::new(Changes::default());
    changes.begin();
    let key = key_of(&request(&[]), false).unwrap();
    (Pages::new(1 << 20, changes.clone()), changes, key)
}

#[tokio::test]
async fn a_page_is_good_until_something_on_it_changes() {
    let (pages, changes, key) = pages();
    let began = changes.now().unwrap();
    pages.keep(key.clone(), page("one").await, vec![KeyHash::posts()], began);
    assert!(pages.find(&key).is_some());
    changes.mark(KeyHash::tags());
    assert!(pages.find(&key).is_some());
    changes.mark(KeyHash::posts());
    assert!(pages.find(&key).is_none());
}

#[tokio::test]
async fn a_page_that_was_begun_before_a_change_is_not_kept() {
    let (pages, changes, key) = pages();
    let began = changes.now().unwrap();
    changes.mark(KeyHash::posts());
    pages.keep(key.clone(), page("one").await, vec![KeyHash::posts()], began);
    assert!(pages.find(&key).is_none());
}

#[tokio::test]
async fn nothing_is_shown_while_changes_are_not_heard_of() {
    let (pages, changes, key) = pages();
    let began = changes.now().unwrap();
    pages.keep(key.clone(), page("one").await, Vec::new(), began);
    assert!(pages.find(&key).is_some());
    changes.end();
    assert!(pages.find(&key).is_none());
    changes.begin();
    assert!(pages.find(&key).is_none(), "what happened meanwhile is not known");
}

#[test]
fn only_pages_of_anybody_are_kept_one_for_each_theme() {
    assert!(key_of(&request(&[("cookie", "a=b")]), false).is_some());
    assert_ne!(
        key_of(&request(&[("cookie", "theme=dark")]), false),
        key_of(&request(&[]), false)
    );
    for (name, value) in [
        ("cookie", "session=token"),
        ("cookie", "consistency=post:1@2"),
        ("authorization", "Bearer token"),
        ("consistency-token", "post:1@2"),
    ] {
        assert_eq!(key_of(&request(&[(name, value)]), false), None, "{name}: {value}");
    }
    assert_eq!(
        key_of(&request(&[("cookie", "__Host-session=token")]), true),
        None
    );
    let long = Request::get(format!("/{}", "x".repeat(MAX_PATH)));
    assert_eq!(key_of(&long.body(Body::empty()).unwrap(), false), None);
    assert_eq!(
        key_of(&Request::post("/").body(Body::empty()).unwrap(), false),
        None
    );
}
