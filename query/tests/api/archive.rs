//! The months of the archive, and a post's neighbours.

use common::{
    event::{PostFact, PostState, PostStatus, Timestamp},
    ids::UserId,
};
use serde_json::{Value, json};

use crate::blog::{Blog, hidden, post};

fn published(author: UserId, slug: &str, at: &str) -> PostState {
    let mut state = post(author, slug, "Words.");
    state.published_at = Some(at.parse::<Timestamp>().unwrap());
    state
}

#[tokio::test]
async fn months_are_counted_latest_first_and_updated() {
    let blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    blog.publish_post(&published(ann.id, "a", "2024-02-29T23:59:59.999Z"))
        .await;
    let moving = published(ann.id, "b", "2026-01-31T23:59:59Z");
    blog.publish_post(&moving).await;
    blog.publish(
        PostFact::Created,
        1,
        &hidden(&published(ann.id, "d", "2026-03-01T00:00:00Z"), PostStatus::Draft),
    )
    .await;
    let token = blog
        .publish_post(&published(ann.id, "c", "2026-01-01T00:00:00Z"))
        .await;
    let expected = json!({ "items": [{ "month": "2026-01", "posts": 2 }, { "month": "2024-02", "posts": 1 }],
        "next": null });
    let response = blog.read("/api/query/archive", &token).await;
    assert!(response.header("cache-control").starts_with("public") && !response.header("etag").is_empty());
    assert_eq!(response.expect(200), expected);

    let first = blog.read_json("/api/query/archive?limit=1", &token).await;
    let cursor = first["next"].as_str().unwrap();
    let second = blog
        .read_json(&format!("/api/query/archive?limit=1&cursor={cursor}"), &token)
        .await;
    assert_eq!(
        second,
        json!({ "items": [{ "month": "2024-02", "posts": 1 }], "next": null })
    );

    let token = blog
        .publish(PostFact::Unpublished, 2, &hidden(&moving, PostStatus::Draft))
        .await;
    let shown = blog.read_json("/api/query/archive", &token).await;
    assert_eq!(shown["items"][0], json!({ "month": "2026-01", "posts": 1 }));
    let mut later = moving.clone();
    later.published_at = Some("2026-02-01T00:00:00Z".parse().unwrap());
    let token = blog.publish(PostFact::Published, 3, &later).await;
    let shown = blog.read_json("/api/query/archive", &token).await;
    assert_eq!(shown["items"][0], json!({ "month": "2026-02", "posts": 1 }));
    let token = blog
        .publish(PostFact::Deleted, 4, &hidden(&later, PostStatus::Deleted))
        .await;
    let shown = blog.read_json("/api/query/archive", &token).await;
    assert_eq!(shown["items"].as_array().unwrap().len(), 2);
    assert_eq!(shown["items"][0], json!({ "month": "2026-01", "posts": 1 }));
    blog.finish().await;
}

#[tokio::test]
async fn a_post_has_its_authors_previous_and_next_post() {
    let blog = Blog::start().await;
    let (ann, bob) = (blog.create_user("ann").await, blog.create_user("bob").await);
    let first = published(ann.id, "first", "2026-01-01T00:00:00Z");
    let middle = published(ann.id, "middle", "2026-01-02T00:00:00Z");
    blog.publish_post(&first).await;
    blog.publish_post(&published(bob.id, "of-bob", "2026-01-02T00:00:00Z"))
        .await;
    let token = blog.publish_post(&middle).await;
    let around = async |token: &str| {
        let shown = blog.read_json("/api/query/posts/middle", token).await;
        (shown["previous"].clone(), shown["next"].clone())
    };
    let before = json!({ "id": first.id, "slug": "first", "title": "About first",
        "published_at": "2026-01-01T00:00:00.000Z" });
    assert_eq!(around(&token).await, (before.clone(), Value::Null));

    // The cached response is updated; of two posts with the same time the id decides.
    let twin = published(ann.id, "twin", "2026-01-02T00:00:00Z");
    let token = blog.publish_post(&twin).await;
    let (previous, next) = around(&token).await;
    assert_eq!((previous, &next["slug"]), (before, &json!("twin")));
    let token = blog
        .publish(PostFact::Deleted, 2, &hidden(&first, PostStatus::Deleted))
        .await;
    assert_eq!(around(&token).await.0, Value::Null);
    let shown = blog.read_json("/api/query/posts/twin", &token).await;
    assert_eq!(
        (&shown["previous"]["slug"], &shown["next"]),
        (&json!("middle"), &Value::Null)
    );
    blog.finish().await;
}
