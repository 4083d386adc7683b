//! Refused requests: their status and code, and that they change nothing.

use serde_json::{Value, json};
use testkit::{Response, TestIssuer};

use crate::fixture::Fixture;

fn valid(field: &str, value: Value) -> Value {
    let mut body = json!({ "title": "Title", "body": "Text", "status": "published" });
    body[field] = value;
    body
}

#[tokio::test]
async fn violations_are_reported_by_field() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let eleven: Vec<String> = (0..11).map(|n| format!("tag{n}")).collect();
    for (field, value, code) in [
        ("title", json!(""), "required"),
        ("title", json!("   "), "required"),
        ("title", json!("x".repeat(300)), "too_long"),
        ("title", json!("x".repeat(201)), "too_long"),
        ("title", json!({ "$gt": "" }), "invalid_type"),
        ("title", json!(["x"]), "invalid_type"),
        ("title", json!(null), "invalid_type"),
        ("title", json!("nul\0"), "contains_nul"),
        ("body", json!("x".repeat(257 * 1024)), "too_long"),
        ("body", json!(" \n"), "required"),
        ("body", json!("nul\0"), "contains_nul"),
        ("body", json!("bell\u{7}"), "invalid_format"),
        ("summary", json!("x".repeat(501)), "too_long"),
        ("tags", json!(eleven), "too_many"),
        ("tags", json!("rust"), "invalid_type"),
        ("cover", json!("javascript:alert(1)"), "invalid_format"),
        ("cover", json!("data:text/html,x"), "invalid_format"),
        ("cover", json!("//evil.example"), "invalid_format"),
        ("cover", json!(format!("/{}", "x".repeat(2048))), "too_long"),
        ("status", json!("deleted"), "invalid_value"),
        ("author_id", json!("someone"), "unknown_field"),
    ] {
        let answer = ann.post(&valid(field, value)).await;
        answer.refused_field(422, code, field);
    }
    ann.post(&valid("tags", json!(["fine", "a/b"])))
        .await
        .refused_field(422, "invalid_format", "tags[1]");
    ann.post(&json!({ "body": "x" }))
        .await
        .refused_field(422, "required", "title");
    ann.post(&valid("title", json!("x".repeat(200))))
        .await
        .expect(201);
    ann.post(&valid("body", json!("\n".repeat(256 * 1024 - 1) + "x")))
        .await
        .expect(201);
    assert_eq!(fixture.log().await.len(), 2);
    fixture.finish().await;
}

#[tokio::test]
async fn several_violations_are_reported_at_once() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let body = json!({ "title": "", "body": "", "cover": "ftp://x", "status": "published" });
    let problem = ann.post(&body).await.refused(422, "validation_failed");
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(fields, ["title", "cover", "body"]);
    fixture.finish().await;
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let raw = async |body: &[u8]| -> Response { ann.client.post("/api/posts").raw_json(body).send().await };
    for body in [
        &b"{"[..],
        b"",
        b"not json",
        br#"{"title": "x", "body": "y",}"#,
        br#"{"title": "\ud800", "body": "y"}"#,
        br#"{"title": "\udc00 lone", "body": "y"}"#,
        b"{\"title\": \"\xff\", \"body\": \"y\"}",
        br#"{"title": "a", "title": "b", "body": "y"}"#,
    ] {
        raw(body).await.refused(400, "malformed_json");
    }
    raw(br#"{"title": "x\u0000", "body": "y"}"#)
        .await
        .refused_field(422, "contains_nul", "title");
    let text = ann.client.post("/api/posts").header("content-type", "text/plain");
    text.send().await.refused(415, "unsupported_media_type");
    raw(&vec![b' '; 2 << 20]).await.refused(413, "payload_too_large");
    for key in ["", "with blank", &"k".repeat(129)] {
        let request = ann.client.post("/api/posts").header("idempotency-key", key);
        request
            .json(&valid("title", json!("x")))
            .send()
            .await
            .refused(400, "malformed_request");
    }
    ann.read("not-an-id").await.refused(404, "not_found");
    ann.read(&common::ids::PostId::generate().to_string())
        .await
        .refused(404, "not_found");
    assert!(fixture.log().await.is_empty());
    fixture.finish().await;
}

#[tokio::test]
async fn foreign_tokens_and_cross_site_cookies_are_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.issuer.user("ann", common::event::Role::Author);
    let body = valid("title", json!("x"));
    let forged = TestIssuer::new("test-key")
        .user("ann", common::event::Role::Author)
        .token;
    let client = fixture.anonymous();
    let post = client
        .with_token(forged)
        .post("/api/posts")
        .json(&body)
        .send()
        .await;
    post.refused(401, "invalid_token");

    let with_cookie = || {
        client
            .post("/api/posts")
            .header("cookie", format!("session={}", ann.token))
            .json(&body)
    };
    with_cookie().send().await.refused(403, "cross_site");
    with_cookie()
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .refused(403, "cross_site");
    with_cookie()
        .header("sec-fetch-site", "same-origin")
        .send()
        .await
        .expect(201);

    fixture.issuer.revoke(&fixture.bus, &ann).await;
    testkit::eventually("the session is refused", async || {
        let answer = client.with_token(&ann.token).get("/api/posts/mine").send().await;
        (answer.status == 401).then(|| answer.refused(401, "session_revoked"))
    })
    .await;
    fixture.finish().await;
}
