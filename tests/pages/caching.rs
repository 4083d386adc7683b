//! Cached pages are current.

use serde_json::json;
use testkit::{Client, eventually};
use tests::{Frontend, PageResponse};

/// The number of cache hits.
async fn hits(front: &Frontend) -> u64 {
    let metrics = Client::new(&front.web.ops_url)
        .get("/metrics")
        .send()
        .await
        .text();
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("web_page_cache_hits_total "));
    line.and_then(|count| count.parse().ok()).unwrap_or_default()
}

/// Opens a page until it is a cache hit.
async fn cached(front: &Frontend, path: &str) -> PageResponse {
    let reader = front.browser();
    eventually("the page is a cache hit", async || {
        let before = hits(front).await;
        let page = reader.get(path).await;
        (hits(front).await > before).then_some(page)
    })
    .await
}

#[tokio::test]
async fn a_cached_page_is_identical_and_is_invalidated_by_changes() {
    let front = Frontend::start().await;
    let reader = front.browser();
    let (mut ann, own) = front.sign_up("ann").await;
    let post = ann.publish("First").await;
    let made = reader.get_until("/p/first", |page| page.status() == 200).await;
    let hit = cached(&front, "/p/first").await;
    assert_eq!(hit.response.header("etag"), made.response.header("etag"));
    assert_eq!(hit.response.text(), made.response.text());
    for name in [
        "content-security-policy",
        "cache-control",
        "vary",
        "content-type",
        "x-request-id",
    ] {
        assert!(!hit.response.header(name).is_empty(), "{name}");
    }
    cached(&front, "/").await;

    for round in 0..5 {
        let title = format!("Round {round}");
        ann.patch(&format!("/api/posts/{post}"), json!({ "title": title }))
            .await
            .expect(200);
        // The author reads her own write; others see it when the change is received.
        let own = own.with_consistency_token(ann.consistency_token());
        assert_eq!(own.get("/").await.expect(200).text(".card h2"), title);
        reader.get_until("/", |page| page.text(".card h2") == title).await;
        cached(&front, "/").await;
    }
    ann.delete(&format!("/api/posts/{post}"), None).await.expect(204);
    reader.get_until("/", |page| page.has(".empty")).await;
    front.finish().await;
}

#[tokio::test]
async fn pages_are_cached_for_anonymous_visitors_by_theme() {
    let front = Frontend::start().await;
    let (mut ann, own) = front.sign_up("ann").await;
    ann.publish("Words").await;
    front.browser().get_until("/", |page| page.has(".card")).await;
    let dark = front.browser().with_cookie("theme", "dark");
    for _ in 0..3 {
        cached(&front, "/").await;
        assert_eq!(dark.get("/").await.attribute("html", "data-theme"), "dark");
        assert!(own.get("/").await.has("details.menu"));
        let anonymous = front.browser().get("/").await;
        assert_eq!(anonymous.attribute("html", "data-theme"), "system");
        assert!(!anonymous.has("details.menu"));
    }
    front.finish().await;
}

#[tokio::test]
async fn no_page_is_cached_while_changes_are_not_received() {
    let mut front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    ann.publish("Words").await;
    front.browser().get_until("/", |page| page.has(".card")).await;
    cached(&front, "/").await;
    front.stack.query.stop().await;
    assert_eq!(front.browser().get("/").await.status(), 503);
    front.stack.query.start().await;
    front.browser().get_until("/", |page| page.has(".card")).await;
    cached(&front, "/").await;
    front.finish().await;
}
