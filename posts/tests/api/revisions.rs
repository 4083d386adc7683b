//! The texts that a post has and had.

use posts::config::PostsSettings;
use serde_json::{Value, json};

use crate::fixture::World;

fn versions(page: &Value) -> Vec<u64> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["version"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn every_text_is_kept_and_listed_newest_first() {
    let world = World::start().await;
    let ann = world.author("ann");
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

    let page = ann.get(&format!("/api/posts/{id}/revisions")).await.expect(200);
    assert_eq!(versions(&page), [5, 3, 1]);
    let heads: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|head| (&head["title"], &head["bytes"]))
        .collect();
    assert_eq!(
        heads,
        [
            (&json!("Two"), &json!(7)),
            (&json!("One"), &json!(7)),
            (&json!("One"), &json!(5))
        ]
    );
    assert!(page["items"][0].get("body").is_none());

    for (version, title, body, summary) in [
        (1, "One", "first", json!("s")),
        (3, "One", "second!", json!("s")),
        (5, "Two", "second!", json!(null)),
    ] {
        let text = ann
            .get(&format!("/api/posts/{id}/revisions/{version}"))
            .await
            .expect(200);
        assert_eq!(
            (&text["title"], &text["body"], &text["summary"]),
            (&json!(title), &json!(body), &summary)
        );
        assert_eq!(text["version"], version);
    }
    for version in [0, 2, 4, 6, u64::MAX] {
        ann.get(&format!("/api/posts/{id}/revisions/{version}"))
            .await
            .refused(404, "not_found");
    }
    world.finish().await;
}

#[tokio::test]
async fn revisions_come_in_pages_and_the_oldest_are_trimmed() {
    let world = World::with(PostsSettings { revisions_kept: 4 }).await;
    let ann = world.author("ann");
    let id = ann.write("Post", "draft").await;
    for n in 2..=8 {
        ann.edit(&id, &json!({ "body": format!("text {n}") }))
            .await
            .expect(200);
    }
    let first = ann
        .get(&format!("/api/posts/{id}/revisions?limit=2"))
        .await
        .expect(200);
    assert_eq!(versions(&first), [8, 7]);
    let cursor = first["next"].as_str().unwrap();
    let second = ann
        .get(&format!("/api/posts/{id}/revisions?cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(versions(&second), [6, 5, 4]);
    assert_eq!(second["next"], Value::Null);
    ann.get(&format!("/api/posts/{id}/revisions/3"))
        .await
        .refused(404, "not_found");
    world.finish().await;
}

#[tokio::test]
async fn edits_at_once_lose_no_text() {
    let world = World::start().await;
    let ann = world.author("ann");
    let id = ann.write("Busy", "draft").await;
    let changes: Vec<_> = (0..8).map(|n| json!({ "body": format!("text {n}") })).collect();
    let answers = futures::future::join_all(changes.iter().map(|change| ann.edit(&id, change))).await;
    let page = ann.get(&format!("/api/posts/{id}/revisions")).await.expect(200);
    assert_eq!(versions(&page), (1..=9).rev().collect::<Vec<_>>());
    for answer in answers {
        let post = answer.expect(200);
        let text = ann
            .get(&format!("/api/posts/{id}/revisions/{}", post["version"]))
            .await
            .expect(200);
        assert_eq!(text["body"], post["body"]);
    }
    world.finish().await;
}
