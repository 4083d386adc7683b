//! Feeds, sitemaps and well-known files.

use std::process::Stdio;

use serde_json::{Value, json};
use tests::{Browser, Frontend};
use tokio::{io::AsyncWriteExt as _, process::Command};
use web::config::FeedContent;

async fn locations(browser: &Browser, path: &str) -> Vec<String> {
    let page = browser.get(path).await.expect(200);
    assert_eq!(
        page.response.header("content-type"),
        "application/xml; charset=utf-8"
    );
    let text = page.response.text();
    let mut found = Vec::new();
    for part in text.split("<loc>").skip(1) {
        found.push(part.split("</loc>").next().unwrap().to_owned());
    }
    found
}

#[tokio::test]
async fn feeds_of_all_posts_of_an_author_and_of_a_tag() {
    let front = Frontend::start().await;
    let reader = front.browser();
    let (mut ann, _) = front.sign_up("ann").await;
    let (mut bob, _) = front.sign_up("bob").await;
    let post = ann.publish("Ann's words").await;
    bob.post(
        "/api/posts",
        json!({ "title": "Bob's", "body": "x", "tags": ["größe"], "status": "published" }),
    )
    .await
    .expect(201);
    let both = |page: &tests::PageResponse| {
        page.response.text().contains("Ann") && page.response.text().contains("Bob")
    };
    for (format, kind) in [
        ("atom", "application/atom+xml; charset=utf-8"),
        ("rss", "application/rss+xml; charset=utf-8"),
        ("json", "application/feed+json; charset=utf-8"),
    ] {
        let all = reader
            .get_until(&format!("/feed.{format}"), both)
            .await
            .expect(200);
        assert_eq!(all.response.header("content-type"), kind);
        assert_eq!(all.response.header("cache-control"), "public, max-age=300");
        assert!(!all.response.header("last-modified").is_empty());
        let entries = |path: String| {
            let reader = &reader;
            async move {
                let page = reader.get(&path).await.expect(200);
                let feed = feed_rs::parser::parse(&page.response.body[..]).unwrap();
                feed.entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>()
            }
        };
        assert_eq!(entries(format!("/feed.{format}")).await.len(), 2);
        assert_eq!(
            entries(format!("/@ann/feed.{format}")).await,
            [format!("urn:uuid:{post}")]
        );
        assert_eq!(
            entries(format!("/tags/gr%C3%B6%C3%9Fe/feed.{format}"))
                .await
                .len(),
            1
        );
        assert_eq!(entries(format!("/tags/unknown/feed.{format}")).await.len(), 0);
        assert_eq!(reader.get(&format!("/@nobody/feed.{format}")).await.status(), 404);
    }
    assert_eq!(reader.get("/feed.xml").await.status(), 404);

    // A new title does not change the id of the entry.
    ann.patch(&format!("/api/posts/{post}"), json!({ "title": "Other words" }))
        .await
        .expect(200);
    let renamed = reader
        .get_until("/@ann/feed.atom", |page| {
            page.response.text().contains("Other words")
        })
        .await;
    let feed = feed_rs::parser::parse(&renamed.response.body[..]).unwrap();
    assert_eq!(feed.entries[0].id, format!("urn:uuid:{post}"));
    assert_eq!(
        feed.entries[0].links[0].href,
        "http://localhost:8080/p/other-words"
    );
    front.finish().await;
}

/// What feedparser shows of the first entry of a feed.
async fn read_by_others(feed: &[u8]) -> Value {
    let python = std::env::var_os("INKSTREAM_FEED_READER")
        .expect("INKSTREAM_FEED_READER is not set: run the tests with `cargo xtask test`");
    let mut reader = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/pages/read_feed.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(feed).await.unwrap();
    let output = reader.wait_with_output().await.unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_feed_reader_shows_the_whole_post_and_text_as_it_is() {
    let mut front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    let (title, summary) = (
        "Vec<String> & co",
        "Vec<String>, a<b && c>d, and <img src=x onerror=y>",
    );
    let cover = "https://images.example.org/a.png";
    let post = json!({
        "title": title, "summary": summary, "cover": cover, "status": "published",
        "body": "The *whole* text, [here](#there), [home](/).\n\n## There\n\n`<img src=x>`",
    });
    ann.post("/api/posts", post).await.expect(201);
    for excerpts in [false, true] {
        if excerpts {
            front
                .restart_web(|settings| settings.feed_content = FeedContent::Excerpt)
                .await;
        }
        let reader = front.browser();
        for format in ["atom", "rss"] {
            let feed = reader
                .get_until(&format!("/feed.{format}"), |page| {
                    page.response.text().contains("Vec")
                })
                .await;
            let shown = read_by_others(&feed.response.body).await;
            assert_eq!(
                (&shown["title"], &shown["summary"]),
                (&json!(title), &json!(summary)),
                "{format}"
            );
            assert_eq!(shown["enclosures"], json!([[cover, "image/png"]]), "{format}");
            let content = shown["content"].as_array().unwrap();
            let whole = content
                .iter()
                .filter_map(Value::as_str)
                .find(|html| html.contains("<em>whole</em>"));
            assert_eq!(whole.is_some(), !excerpts, "{format}: {shown}");
            if let Some(html) = whole {
                for part in [
                    "href=\"http://localhost:8080/p/vec-string-co#",
                    "href=\"http://localhost:8080/\"",
                    "<code>&lt;img src=x&gt;</code>",
                ] {
                    assert!(html.contains(part), "{format}: {part} in {html}");
                }
            }
        }
    }
    front.finish().await;
}

#[tokio::test]
async fn a_client_with_the_current_feed_gets_304() {
    let front = Frontend::start().await;
    let (mut ann, _) = front.sign_up("ann").await;
    ann.publish("Words").await;
    let reader = front.browser();
    let first = reader
        .get_until("/feed.rss", |page| page.response.text().contains("Words"))
        .await;
    let client = front.web.client();
    for (name, value) in [
        ("if-none-match", first.response.header("etag")),
        ("if-modified-since", first.response.header("last-modified")),
    ] {
        let again = client.get("/feed.rss").header(name, &value).send().await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{name}: {value}");
        assert_eq!(again.header("etag"), first.response.header("etag"));
    }
    front.finish().await;
}

#[tokio::test]
async fn the_sitemap_lists_the_current_address_of_every_post() {
    let front = Frontend::start().await;
    let reader = front.browser();
    let (mut ann, _) = front.sign_up("ann").await;
    for number in 0..3 {
        ann.publish(&format!("Words & {number}")).await;
    }
    let index = reader
        .get_until("/sitemap.xml", |page| {
            page.response.text().matches("<loc>").count() == 2
        })
        .await;
    assert!(
        index
            .response
            .text()
            .starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
    );
    let parts = locations(&reader, "/sitemap.xml").await;
    assert_eq!(parts[0], "http://localhost:8080/sitemap/pages.xml");
    let month = parts[1].strip_prefix("http://localhost:8080").unwrap();
    let posts = reader
        .get_until(month, |page| page.response.text().matches("<loc>").count() == 3)
        .await;
    assert_eq!(posts.response.text().matches("<lastmod>").count(), 3);
    let mut found = locations(&reader, month).await;
    found.sort();
    assert_eq!(
        found,
        [
            "http://localhost:8080/p/words-0",
            "http://localhost:8080/p/words-1",
            "http://localhost:8080/p/words-2"
        ]
    );
    assert_eq!(locations(&reader, "/sitemap/pages.xml").await.len(), 3);
    for path in ["/sitemap/1999-01.xml", "/sitemap/invalid.xml", "/sitemap/pages"] {
        assert_eq!(reader.get(path).await.status(), 404, "{path}");
    }
    front.finish().await;
}

#[tokio::test]
async fn robots_txt_manifest_and_opensearch_are_served() {
    let front = Frontend::start().await;
    let reader = front.browser();
    let robots = reader.get("/robots.txt").await.expect(200).response.text();
    assert!(
        robots.contains("Sitemap: http://localhost:8080/sitemap.xml"),
        "{robots}"
    );
    assert!(
        robots.contains("Disallow: /settings") && !robots.contains("Disallow: /p/"),
        "{robots}"
    );
    let manifest = reader.get("/manifest.webmanifest").await.expect(200);
    assert_eq!(
        manifest.response.header("content-type"),
        "application/manifest+json"
    );
    assert_eq!(manifest.response.json()["start_url"], json!("/"));
    let search = reader.get("/opensearch.xml").await.expect(200).response.text();
    assert!(
        search.contains("template=\"http://localhost:8080/search?q={searchTerms}\""),
        "{search}"
    );
    front.finish().await;
}
