//! Previews.

use common::ids::UserId;
use serde_json::json;

use crate::blog::{Blog, post};

const BODY: &str = "# Title\n\nSome *words* and `code`.\n\n```rust\nlet x = 1;\n```\n";

#[tokio::test]
async fn a_preview_equals_the_published_post() {
    let blog = Blog::start().await;
    let token = blog.publish_post(&post(UserId::generate(), "a-post", BODY)).await;
    let shown = blog.read_json("/api/query/posts/a-post", &token).await;
    let preview = blog
        .signed_in(UserId::generate())
        .post("/api/query/preview")
        .json(&json!({ "body": BODY }))
        .send()
        .await
        .expect(200);
    for field in ["html", "toc", "words", "reading_minutes"] {
        assert_eq!(preview[field], shown[field], "{field}");
        assert!(!preview[field].is_null());
    }
    blog.finish().await;
}

#[tokio::test]
async fn a_preview_reports_what_is_left_out() {
    let blog = Blog::start().await;
    let body = "fine\n\n<p onclick=\"x\">text</p>\n\n[x](javascript:y)";
    let client = blog.signed_in(UserId::generate());
    let preview = client.post("/api/query/preview").json(&json!({ "body": body }));
    let preview = preview.send().await.expect(200);
    assert_eq!(
        preview["left_out"],
        json!([
            { "line": 3, "message": "The attribute onclick of <p> is not permitted." },
            { "line": 5, "message": "The link address javascript:y is not permitted." },
        ])
    );
    blog.finish().await;
}

#[tokio::test]
async fn invalid_bodies_are_rejected() {
    let blog = Blog::start().await;
    let client = blog.signed_in(UserId::generate());
    let preview = async |body: &str| client.post("/api/query/preview").raw_json(body).send().await;
    preview("{").await.refused(400, "malformed_json");
    preview(r#"{"body":"\ud800"}"#)
        .await
        .refused(400, "malformed_json");
    preview("{}").await.refused_field(422, "required", "body");
    preview(r#"{"body":{"$gt":""}}"#)
        .await
        .refused_field(422, "invalid_type", "body");
    preview(r#"{"body":"x","more":1}"#)
        .await
        .refused_field(422, "unknown_field", "more");
    preview(r#"{"body":"a\u0000b"}"#)
        .await
        .refused_field(422, "contains_nul", "body");
    let longest = json!({ "body": "x".repeat(256 * 1024) }).to_string();
    preview(&longest).await.expect(200);
    let longer = json!({ "body": "x".repeat(256 * 1024 + 1) }).to_string();
    preview(&longer).await.refused_field(422, "too_long", "body");
    let huge = json!({ "body": "x".repeat(2 * 1024 * 1024) }).to_string();
    preview(&huge).await.refused(413, "payload_too_large");
    let form = client
        .post("/api/query/preview")
        .header("content-type", "text/plain")
        .send()
        .await;
    form.refused(415, "unsupported_media_type");
    let cross = blog
        .client
        .post("/api/query/preview")
        .header("cookie", "session=x");
    cross
        .header("origin", "https://evil.example")
        .json(&json!({ "body": "x" }))
        .send()
        .await
        .refused(403, "cross_site");
    blog.finish().await;
}

#[tokio::test]
async fn a_preview_requires_a_signed_in_user() {
    let blog = Blog::start().await;
    let anonymous = blog.client.post("/api/query/preview");
    let response = anonymous.json(&json!({ "body": BODY })).send().await;
    response.refused(401, "unauthenticated");
    blog.finish().await;
}

#[tokio::test]
async fn concurrent_previews_are_queued() {
    let blog = Blog::start().await;
    let client = blog.signed_in(UserId::generate());
    let request = async || {
        let body = json!({ "body": BODY.repeat(20) });
        client.post("/api/query/preview").json(&body).send().await.status
    };
    let all = futures::future::join_all((0..20).map(|_| request())).await;
    assert!(all.iter().all(|status| *status == 200), "{all:?}");
    blog.finish().await;
}
