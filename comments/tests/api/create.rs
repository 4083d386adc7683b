//! Creating a comment.

use common::event::{CommentFact, CommentStatus};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::fixture::{Fixture, id, path};

#[tokio::test]
async fn a_comment_is_created_shown_and_published() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;

    let request = fixture
        .client(&fixture.ann)
        .post("/api/comments")
        .header("x-request-id", "corr-1");
    let response = request
        .json(&json!({ "post_id": post, "body": "\nHello *you*\n" }))
        .send()
        .await;

    let comment = response.expect(201);
    let comment_id = id(&comment);
    assert_eq!(response.header("location"), path(&comment_id));
    assert_eq!(response.header("etag"), "\"1\"");
    assert_eq!(response.consistency_token(), format!("comment:{comment_id}@1"));
    assert!(
        response
            .header("set-cookie")
            .starts_with(&format!("consistency=comment:{comment_id}@1"))
    );
    let expected = json!({
        "id": comment_id, "post_id": post, "parent_id": null, "author_id": fixture.ann.id, "status": "approved",
        "revision": 1, "body": "Hello *you*", "approved": { "revision": 1, "body": "Hello *you*" },
        "reason": null, "note": null, "created_at": comment["created_at"], "edited_at": null, "version": 1,
    });
    assert_eq!(comment, expected);
    assert_eq!(fixture.get(&fixture.ann, &comment_id).await.expect(200), expected);

    let (fact, state, received) = fixture.log(1).await.remove(0);
    assert_eq!(
        (fact, state.status),
        (CommentFact::Created, CommentStatus::Approved)
    );
    assert_eq!(state.approved.unwrap().body, "Hello *you*");
    assert_eq!(received.envelope.aggregate_version, 1);
    assert_eq!(received.envelope.correlation_id, "corr-1");
    assert_eq!(received.envelope.actor, format!("user:{}", fixture.ann.id));
    fixture.finish().await;
}

#[tokio::test]
async fn an_invalid_comment_is_rejected() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let of = |body: Value| json!({ "post_id": post, "body": body });
    let cases = [
        (of(json!("")), "too_short", "body"),
        (of(json!(" \n\t\u{a0}\n")), "too_short", "body"),
        (of(json!("x".repeat(5001))), "too_long", "body"),
        (of(json!({ "$gt": "" })), "invalid_type", "body"),
        (of(json!("a\u{0}b")), "contains_nul", "body"),
        (json!({ "post_id": post }), "required", "body"),
        (json!({ "body": "x" }), "required", "post_id"),
        (
            json!({ "post_id": "x", "body": "x" }),
            "invalid_format",
            "post_id",
        ),
        (
            json!({ "post_id": { "$ne": null }, "body": "x" }),
            "invalid_type",
            "post_id",
        ),
        (
            json!({ "post_id": post, "body": "x", "author_id": fixture.bob.id }),
            "unknown_field",
            "author_id",
        ),
    ];
    for (comment, code, field) in cases {
        fixture
            .send(&fixture.ann, &comment)
            .await
            .refused_field(422, code, field);
    }
    let ann = fixture.client(&fixture.ann);
    let raw = async |body: &str| ann.post("/api/comments").raw_json(body).send().await;
    raw("{").await.refused(400, "malformed_json");
    raw(&format!(r#"{{"post_id": "{post}", "body": "\ud800"}}"#))
        .await
        .refused(400, "malformed_json");
    ann.post("/api/comments")
        .send()
        .await
        .refused(415, "unsupported_media_type");
    let signed_out = fixture
        .signed_out()
        .post("/api/comments")
        .json(&of(json!("x")))
        .send()
        .await;
    signed_out.refused(401, "unauthenticated");
    let huge = of(json!("x".repeat(1_100_000)));
    fixture
        .send(&fixture.ann, &huge)
        .await
        .refused(413, "payload_too_large");
    assert_eq!(fixture.events().await, 0);
    fixture.finish().await;
}

#[tokio::test]
async fn a_text_of_5000_characters_is_stored_unchanged_including_markup() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let attack = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>";
    for body in [
        attack,
        &"ä".repeat(5000),
        "    code, by its indent",
        "\u{202e}\u{1f600}",
    ] {
        let comment_id = fixture.commented(&fixture.ann, post, body).await;
        let shown = fixture.get_signed_out(&comment_id).await.expect(200);
        assert_eq!(shown["approved"]["body"], body);
    }
    fixture.finish().await;
}

#[tokio::test]
async fn one_key_sent_20_times_concurrently_creates_one_comment() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let ann = fixture.client(&fixture.ann);
    let send = async |body: &str| {
        let request = ann.post("/api/comments").header("idempotency-key", "k-1");
        request
            .json(&json!({ "post_id": post, "body": body }))
            .send()
            .await
    };

    let responses = join_all((0..20).map(|_| send("once"))).await;

    let first = responses[0].expect(201);
    for response in &responses {
        assert_eq!(response.expect(201), first);
        assert_eq!(response.header("location"), path(&id(&first)));
    }
    send("something else")
        .await
        .refused(422, "idempotency_key_reused");
    assert_eq!(fixture.events().await, 1);

    let bob = fixture
        .client(&fixture.bob)
        .post("/api/comments")
        .header("idempotency-key", "k-1");
    let other = bob
        .json(&json!({ "post_id": post, "body": "once" }))
        .send()
        .await
        .expect(201);
    assert_ne!(other["id"], first["id"], "each user has their own keys");
    fixture.finish().await;
}

#[tokio::test]
async fn the_key_of_a_deleted_comment_is_gone() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let ann = fixture.client(&fixture.ann);
    let send = async |body: &str| {
        let request = ann.post("/api/comments").header("idempotency-key", "k-1");
        request
            .json(&json!({ "post_id": post, "body": body }))
            .send()
            .await
    };
    let comment = send("once").await.expect(201);
    fixture.delete(&fixture.ann, &id(&comment)).await.expect(204);

    send("once").await.refused(410, "gone");
    send("another text").await.refused(422, "idempotency_key_reused");
    assert_eq!(fixture.events().await, 2);
    fixture.finish().await;
}
