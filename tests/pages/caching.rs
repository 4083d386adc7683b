//! Pages that are kept in memory show what is, all the same.

use serde_json::json;
use testkit::{Client, eventually};
use tests::{Front, Seen};

/// How many pages came from memory.
async fn hits(front: &Front) -> u64 {
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

/// Opens a page until it comes from memory.
async fn kept(front: &Front, path: &str) -> Seen {
    let reader = front.browser();
    eventually("the page comes from memory", async || {
        let before = hits(front).await;
        let seen = reader.get(path).await;
        (hits(front).await > before).then_some(seen)
    })
    .await
}

#[tokio::test]
async fn a_kept_page_is_the_same_page_and_changes_with_what_it_shows() {
    let front = Front::start().await;
    let reader = front.browser();
    let (mut ann, own) = front.sign_up("ann").await;
    let post = ann.publish("First").await;
    let made = reader.get_until("/p/first", |seen| seen.status() == 200).await;
    let from_memory = kept(&front, "/p/first").await;
    assert_eq!(from_memory.answer.header("etag"), made.answer.header("etag"));
    assert_eq!(from_memory.answer.text(), made.answer.text());
    for name in [
        "content-security-policy",
        "cache-control",
        "vary",
        "content-type",
        "x-request-id",
    ] {
        assert!(!from_memory.answer.header(name).is_empty(), "{name}");
    }
    kept(&front, "/").await;

    for round in 0..5 {
        let title = format!("Round {round}");
        ann.patch(&format!("/api/posts/{post}"), json!({ "title": title }))
            .await
            .expect(200);
        // She has just written it, so she sees it at once; the others as soon as the change is told.
        let own = own.with_seen(ann.seen());
        assert_eq!(own.get("/").await.expect(200).text(".card h2"), title);
        reader.get_until("/", |seen| seen.text(".card h2") == title).await;
        kept(&front, "/").await;
    }
    ann.delete(&format!("/api/posts/{post}"), None).await.expect(204);
    reader.get_until("/", |seen| seen.has(".empty")).await;
    front.finish().await;
}

#[tokio::test]
async fn nobody_gets_a_page_of_somebody_and_each_theme_has_its_own() {
    let front = Front::start().await;
    let (mut ann, own) = front.sign_up("ann").await;
    ann.publish("Words").await;
    front.browser().get_until("/", |seen| seen.has(".card")).await;
    let dark = front.browser().with_cookie("theme", "dark");
    for _ in 0..3 {
        kept(&front, "/").await;
        assert_eq!(dark.get("/").await.attribute("html", "data-theme"), "dark");
        assert!(own.get("/").await.has("details.menu"));
        let nobody = front.browser().get("/").await;
        assert_eq!(nobody.attribute("html", "data-theme"), "system");
        assert!(!nobody.has("details.menu"));
    }
    front.finish().await;
}

#[tokio::test]
async fn while_changes_are_not_heard_of_nothing_is_kept() {
    let mut front = Front::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    ann.publish("Words").await;
    front.browser().get_until("/", |seen| seen.has(".card")).await;
    kept(&front, "/").await;
    front.stack.query.stop().await;
    assert_eq!(front.browser().get("/").await.status(), 503);
    front.stack.query.start().await;
    front.browser().get_until("/", |seen| seen.has(".card")).await;
    kept(&front, "/").await;
    front.finish().await;
}
