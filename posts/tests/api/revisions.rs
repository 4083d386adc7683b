//! Current and former texts of a post.

use common::api::{
    Page,
    posts::{PostSource, RevisionEntry, RevisionText},
};
use posts::config::PostsSettings;
use serde_json::json;

use crate::fixture::{Author, Fixture, parse};

fn versions(page: &Page<RevisionEntry>) -> Vec<u64> {
    page.items.iter().map(|entry| entry.version).collect()
}

async fn revisions(author: &Author, id: &str, query: &str) -> Page<RevisionEntry> {
    author.page(&format!("/api/posts/{id}/revisions{query}")).await
}

async fn text(author: &Author, id: &str, version: u64) -> RevisionText {
    let response = author.get(&format!("/api/posts/{id}/revisions/{version}")).await;
    parse(response.expect(200))
}

#[tokio::test]
async fn all_texts_are_kept_and_listed_newest_first() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let body = json!({ "title": "One", "body": "first", "summary": "s" });
    let id = ann.post(&body).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    ann.edit(&id, &json!({ "tags": ["no", "text"] }))
        .await
        .expect(200);
    ann.edit(&id, &json!({ "body": "second!" })).await.expect(200);
    ann.edit(&id, &json!({ "status": "published" })).await.expect(200);
    ann.edit(&id, &json!({ "title": "Two", "summary": null }))
        .await
        .expect(200);

    let page = revisions(&ann, &id, "").await;
    assert_eq!(versions(&page), [5, 3, 1]);
    let entries: Vec<_> = page
        .items
        .iter()
        .map(|entry| (entry.title.as_str(), entry.bytes))
        .collect();
    assert_eq!(entries, [("Two", 7), ("One", 7), ("One", 5)]);
    let raw = ann.get(&format!("/api/posts/{id}/revisions")).await.expect(200);
    assert!(raw["items"][0].get("body").is_none(), "{raw}");

    for (version, title, body, summary) in [
        (1, "One", "first", Some("s")),
        (3, "One", "second!", Some("s")),
        (5, "Two", "second!", None),
    ] {
        let text = text(&ann, &id, version).await;
        assert_eq!(
            (text.title.as_str(), text.body.as_str(), text.summary.as_deref()),
            (title, body, summary)
        );
        assert_eq!(text.version, version);
    }
    for version in [0, 2, 4, 6, u64::MAX] {
        ann.get(&format!("/api/posts/{id}/revisions/{version}"))
            .await
            .refused(404, "not_found");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn revisions_are_paged_and_the_oldest_are_removed() {
    let fixture = Fixture::with(PostsSettings { revisions_kept: 4 }).await;
    let ann = fixture.author("ann");
    let id = ann.write("Post", "draft").await;
    for n in 2..=8 {
        ann.edit(&id, &json!({ "body": format!("text {n}") }))
            .await
            .expect(200);
    }
    let first = revisions(&ann, &id, "?limit=2").await;
    assert_eq!(versions(&first), [8, 7]);
    let second = revisions(&ann, &id, &format!("?cursor={}", first.next.unwrap())).await;
    assert_eq!(versions(&second), [6, 5, 4]);
    assert_eq!(second.next, None);
    ann.get(&format!("/api/posts/{id}/revisions/3"))
        .await
        .refused(404, "not_found");
    fixture.finish().await;
}

#[tokio::test]
async fn concurrent_updates_lose_no_text() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Busy", "draft").await;
    let changes: Vec<_> = (0..8).map(|n| json!({ "body": format!("text {n}") })).collect();
    let answers = futures::future::join_all(changes.iter().map(|change| ann.edit(&id, change))).await;
    let page = revisions(&ann, &id, "").await;
    assert_eq!(versions(&page), (1..=9).rev().collect::<Vec<_>>());
    for answer in answers {
        let post: PostSource = parse(answer.expect(200));
        assert_eq!(text(&ann, &id, post.version).await.body, post.body);
    }
    fixture.finish().await;
}
