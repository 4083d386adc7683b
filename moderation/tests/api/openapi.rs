//! The service behaves as its OpenAPI document describes.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;

use crate::fixture::{Fixture, Post};

#[tokio::test]
async fn every_documented_operation_exists_and_responds_as_documented() {
    let fixture = Fixture::start().await;
    let document = fixture
        .running
        .client()
        .get("/api/moderation/openapi.json")
        .send()
        .await
        .expect(200);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{document}"
    );
    let (comment, _) = fixture.judged("A word.").await;
    let post = Post::by(fixture.ann.id);
    let published = post.with_text(common::event::PostFact::Published, "Text.", "a");
    fixture.publish(published, 1).await;
    fixture.case_at(&post.path(), 1).await;
    fixture.set_rules(json!({})).await;
    fixture.set_rules(json!({ "report_threshold": 7 })).await;

    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.insert(format!("{} {path}", method.to_uppercase()));
            let id = if path.contains("posts") {
                post.id.to_string()
            } else {
                comment.id.to_string()
            };
            let real = path.replace("{id}", &id).replace("{revision}", "1");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let body = match path.as_str() {
                "/api/moderation/reports" => {
                    json!({ "target": { "kind": "comment", "id": comment.id.to_string() }, "reason": "spam" })
                }
                "/api/moderation/rules" => json!({ "rules": { "report_threshold": 8 } }),
                "/api/moderation/rules/try" => json!({ "text": "x" }),
                _ => json!({ "decision": "approve", "revision": 1 }),
            };
            let signed_in = fixture.client(&fixture.moderator).request(method.clone(), &real);
            let response = signed_in.json(&body).send().await;
            assert!(
                (200..300).contains(&response.status),
                "{method} {real}: {}",
                response.text()
            );
            is_documented(&document, operation, &response);
            let signed_out_request = fixture.running.client().request(method, &real).json(&body);
            let signed_out = signed_out_request.send().await;
            is_documented(&document, operation, &signed_out);
            signed_out.refused(401, "unauthenticated");
        }
    }
    let expected = [
        "GET /api/moderation/comments/{id}",
        "GET /api/moderation/posts/{id}",
        "GET /api/moderation/queue",
        "GET /api/moderation/reports/mine",
        "GET /api/moderation/rules",
        "GET /api/moderation/rules/history",
        "GET /api/moderation/rules/history/{revision}",
        "POST /api/moderation/reports",
        "POST /api/moderation/rules/try",
        "PUT /api/moderation/comments/{id}",
        "PUT /api/moderation/posts/{id}",
        "PUT /api/moderation/rules",
    ];
    assert_eq!(
        operations.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
    let wrong = fixture.running.client().delete("/api/moderation/rules");
    wrong.send().await.refused(405, "method_not_allowed");
    fixture.finish().await;
}

/// Checks that the status is documented, and that the schema has each field of the body.
fn is_documented(document: &Value, operation: &Value, response: &Response) {
    let responses = &operation["responses"];
    let documented = responses.get(response.status.to_string());
    assert!(
        documented.is_some(),
        "{} is not among {responses}",
        response.status
    );
    let schema = documented.map_or(&Value::Null, |it| &it["content"]["application/json"]["schema"]);
    if response.status == 200 || response.status == 201 {
        assert!(!schema.is_null(), "{responses}");
        let known = properties(document, schema);
        for field in response.json().as_object().unwrap().keys() {
            assert!(known.contains(field.as_str()), "{field} is not among {known:?}");
        }
    }
}

fn properties<'a>(document: &'a Value, schema: &'a Value) -> BTreeSet<&'a str> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return properties(document, target.expect("a reference leads somewhere"));
    }
    let parts = ["oneOf", "allOf"].map(|key| schema[key].as_array().into_iter().flatten());
    let own = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str());
    own.chain(
        parts
            .into_iter()
            .flatten()
            .flat_map(|schema| properties(document, schema)),
    )
    .collect()
}
