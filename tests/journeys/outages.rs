//! Outages of one part; the others keep working.

use std::time::Instant;

use serde_json::json;
use testkit::{DatabaseServer, OUTAGE_LIMIT, TestDatabase, eventually};
use tests::Stack;

#[tokio::test]
async fn without_auth_signed_in_users_still_post_and_comment() {
    let mut stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    stack.auth.stop().await;

    let post = ann.publish("Auth is unavailable").await;
    ann.comment_approved(&post, "I noticed nothing").await;

    let thread = ann
        .get(&format!("/api/query/posts/{post}/comments"))
        .await
        .expect(200);
    assert_eq!(thread["items"].as_array().unwrap().len(), 1);
    stack.auth.start().await;
    ann.get("/api/users/me/sessions").await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn without_query_writes_work_and_it_catches_up() {
    let mut stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    stack.query.stop().await;

    let mut posts = Vec::new();
    for round in 0..30 {
        let post = ann.publish(&format!("Unseen {round}")).await;
        ann.comment(&post, "Not read yet").await;
        posts.push(post);
    }

    stack.query.start().await;
    for post in posts {
        let path = format!("/api/query/posts/{post}");
        stack
            .read_until(&path, |response| response.json()["counts"]["comments"] == 1)
            .await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn without_posts_and_comments_reading_works() {
    let mut stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    let post = ann.publish("Still here").await;
    let path = format!("/api/query/posts/{post}");
    ann.get(&path).await.expect(200);

    stack.posts.stop().await;
    stack.comments.stop().await;

    ann.get(&path).await.expect(200);
    ann.get(&format!("{path}/comments")).await.expect(200);
    ann.get("/api/query/posts?tag=news").await.expect(200);
    stack.posts.start().await;
    stack.comments.start().await;
    stack.finish().await;
}

#[tokio::test]
async fn without_the_bus_writes_are_accepted_and_appear_after_its_return() {
    let mut stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    let early = ann.publish("Before the outage").await;
    ann.comment(&early, "So that the replica has it").await;
    stack.nats.stop();

    let mut posts = Vec::new();
    for round in 0..20 {
        posts.push(ann.publish(&format!("In the dark {round}")).await);
    }
    ann.comment(&early, "Also in the dark").await;
    // Tokens are still verified and new accounts still created.
    let mut bob = stack.sign_up("bob").await;
    posts.push(bob.publish("By a new user").await);

    stack.nats.restart().await;
    for post in &posts {
        stack
            .read_until(&format!("/api/query/posts/{post}"), |response| {
                response.status == 200
            })
            .await;
    }
    let early = format!("/api/query/posts/{early}");
    stack
        .read_until(&early, |response| response.json()["counts"]["comments"] == 2)
        .await;
    stack.finish().await;
}

#[tokio::test]
async fn without_the_database_a_503_comes_within_two_seconds_and_then_all_is_well() {
    let mut server = DatabaseServer::start().await;
    let uri = server.uri();
    let stack = Stack::start_with(|service| TestDatabase::on(&uri, service)).await;
    let mut ann = stack.sign_up("ann").await;
    let post = ann.publish("Before").await;
    ann.get(&format!("/api/query/posts/{post}")).await.expect(200);

    for frozen in [false, true] {
        if frozen {
            server.freeze()
        } else {
            server.stop()
        }
        for (path, body) in [
            ("/api/posts", json!({ "title": "Lost?", "body": "No." })),
            ("/api/comments", json!({ "post_id": post, "body": "Lost?" })),
            (
                "/api/users/signin",
                json!({ "login": "ann", "password": "seven green umbrellas" }),
            ),
            ("/api/query/preview", json!({ "body": "*works*" })),
        ] {
            let started = Instant::now();
            let response = ann.post(path, body).await;
            if path == "/api/query/preview" {
                response.expect(200);
            } else {
                response.refused(503, "unavailable");
                assert_ne!(response.header("retry-after"), "");
            }
            assert!(
                started.elapsed() < OUTAGE_LIMIT,
                "{path} took {:?}",
                started.elapsed()
            );
        }
        let started = Instant::now();
        let unread = stack
            .gateway()
            .client("/api/query")
            .get("/api/query/users/nobody")
            .send()
            .await;
        unread.refused(503, "unavailable");
        assert!(
            started.elapsed() < OUTAGE_LIMIT,
            "query took {:?}",
            started.elapsed()
        );

        if frozen {
            server.thaw()
        } else {
            server.restart().await
        }
        eventually("posting works again", async || {
            let response = ann
                .post("/api/posts", json!({ "title": "After", "body": "Fine." }))
                .await;
            (response.status == 201).then_some(())
        })
        .await;
        eventually("reading works again", async || {
            (ann.get("/api/query/users/ann").await.status == 200).then_some(())
        })
        .await;
    }
    let last = ann.publish("All is well").await;
    stack
        .read_until(&format!("/api/query/posts/{last}"), |response| {
            response.status == 200
        })
        .await;
    stack.finish().await;
}

#[tokio::test]
async fn a_deleted_log_is_rebuilt_by_resync_with_the_same_reads() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    for round in 0..10 {
        let post = ann.publish(&format!("Post {round}")).await;
        bob.wait_for_post(&post).await;
        bob.comment_approved(&post, "One").await;
        bob.put(&format!("/api/posts/{post}/reaction"), json!({})).await;
    }
    let gone = ann.publish("Gone").await;
    ann.delete(&format!("/api/posts/{gone}"), None).await.expect(204);
    stack
        .read_until(&format!("/api/query/posts/{gone}"), |response| {
            matches!(response.status, 404 | 410)
        })
        .await;
    let last = ann.publish("Last").await;
    stack
        .read_until(&format!("/api/query/posts/{last}"), |response| {
            response.status == 200
        })
        .await;
    stack.posts.running().settled().await;
    stack.moderation.running().settled().await;
    stack.comments.running().settled().await;
    let before = stack.everything().await;

    stack.nats.delete_log().await;
    let events = stack.auth.resync().await + stack.posts.resync().await + stack.comments.resync().await;
    assert_eq!(events, 2 + 12 + 10 + 10);
    assert_eq!(
        stack.moderation.resync().await,
        12 + 10,
        "a verdict on each post and comment"
    );

    assert_eq!(stack.everything().await, before);
    // And a read model built from the new log alone is the same.
    let mut stack = stack;
    stack.query.stop().await;
    stack.query.database.connect().await.drop().await.unwrap();
    stack.query.start().await;
    stack
        .read_until(&format!("/api/query/posts/{last}"), |response| {
            response.status == 200
        })
        .await;
    let rebuilt = eventually("the read model is complete again", async || {
        let now = stack.everything().await;
        (now == before).then_some(now)
    });
    rebuilt.await;
    stack.finish().await;
}
