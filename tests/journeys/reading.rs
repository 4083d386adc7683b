//! Writing on one service, reading on another, with no sleeps.

use serde_json::json;
use tests::Stack;

#[tokio::test]
async fn from_sign_up_to_a_comment_under_a_renamed_post() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);

    let post = ann.publish("Hello, events").await;
    let read = ann.get("/api/query/posts/hello-events").await.expect(200);
    assert_eq!(
        (&read["id"], &read["author"]["username"]),
        (&json!(post), &json!("ann"))
    );
    assert!(read["html"].as_str().unwrap().contains("<em>Hello, events</em>"));

    let path = format!("/api/query/posts/{post}/comments");
    bob.wait_for_post(&post).await;
    let comment = bob
        .comment_approved(&post, "Nice. <script>alert(1)</script>")
        .await;
    let thread = bob.get(&path).await.expect(200);
    assert_eq!(thread["items"][0]["id"], json!(comment));
    assert!(!thread.to_string().contains("<script"));

    let renamed = ann
        .patch(&format!("/api/posts/{post}"), json!({ "title": "Hello, world" }))
        .await;
    renamed.expect(200);
    let moved = ann.get("/api/query/posts/hello-events").await;
    moved.expect(301);
    assert_eq!(moved.header("location"), "/api/query/posts/hello-world");
    let read = ann.get("/api/query/posts/hello-world").await.expect(200);
    assert_eq!(read["counts"]["comments"], json!(1));
    stack.finish().await;
}

#[tokio::test]
async fn every_read_sees_the_write_before_it() {
    let stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    let post = ann.publish("Zero").await;

    for round in 1..=50 {
        let title = format!("Round {round}");
        ann.patch(&format!("/api/posts/{post}"), json!({ "title": title }))
            .await
            .expect(200);
        let response = ann.get(&format!("/api/query/posts/{post}")).await;
        assert_eq!(response.expect(200)["title"], json!(title));
        assert_eq!(response.header("stale"), "");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_comment_is_possible_directly_after_its_post() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);

    for round in 0..20 {
        let post = ann.publish(&format!("Post {round}")).await;
        ann.comment(&post, "First!").await;
        bob.wait_for_post(&post).await;
        bob.comment(&post, "Second!").await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn follows_and_likes_are_visible_at_once_and_lists_are_complete() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let post = ann.publish("A Célebre Title").await;
    bob.wait_for_post(&post).await;
    let viewer = format!("/api/query/viewer?post={post}&author={}", ann.id);
    let seen = bob.get(&viewer).await.expect(200);
    assert_eq!(
        seen,
        json!({ "user_id": bob.id, "following": false, "reaction": null })
    );

    bob.put(&format!("/api/users/{}/follow", ann.id), json!({})).await;
    let list = bob.get("/api/query/following").await.expect(200);
    assert_eq!(list["items"][0]["id"], json!(post));
    bob.put(&format!("/api/posts/{post}/reaction"), json!({}))
        .await
        .expect(200);
    let seen = bob.get(&viewer).await.expect(200);
    assert_eq!(
        seen,
        json!({ "user_id": bob.id, "following": true, "reaction": "like" })
    );
    let found = bob.get("/api/query/posts?q=celeb").await.expect(200);
    assert_eq!(found["items"][0]["counts"]["reactions"], json!(1));

    bob.delete(&format!("/api/users/{}/follow", ann.id), None).await;
    let list = bob.get("/api/query/following").await.expect(200);
    assert_eq!(list["items"], json!([]));
    let own = bob.comment(&post, "Mine.").await;
    let mine = bob
        .get(&format!("/api/comments/mine?post={post}"))
        .await
        .expect(200);
    assert_eq!(mine["items"][0]["id"], json!(own));
    stack.finish().await;
}
