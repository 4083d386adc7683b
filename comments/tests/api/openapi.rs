//! The service behaves as its OpenAPI document describes.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;

use crate::fixture::Fixture;

#[tokio::test]
async fn every_documented_operation_exists_and_responds_as_documented() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let document = fixture
        .signed_out()
        .get("/api/comments/openapi.json")
        .send()
        .await
        .expect(200);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{document}"
    );

    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = fixture.commented(&fixture.ann, post, "text").await;
            let path = path.replace("{id}", &id);
            operations.insert(format!("{} {}", method.to_uppercase(), path.replace(&id, "{id}")));
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let body = match method.as_str() {
                "POST" => json!({ "post_id": post, "body": "new" }),
                _ => json!({ "body": "changed" }),
            };
            let signed_in = fixture
                .client(&fixture.ann)
                .request(method.clone(), &path)
                .json(&body);
            let response = signed_in.send().await;
            assert!(
                (200..300).contains(&response.status),
                "{method} {path}: {}",
                response.text()
            );
            is_documented(&document, operation, &response);

            let signed_out = fixture
                .signed_out()
                .request(method, &path)
                .json(&body)
                .send()
                .await;
            is_documented(&document, operation, &signed_out);
            let open = operation["security"].as_array().unwrap().contains(&json!({}));
            assert_eq!(signed_out.status == 401, !open, "{path}: {}", signed_out.text());
        }
    }
    let expected = [
        "DELETE /api/comments/{id}",
        "GET /api/comments/mine",
        "GET /api/comments/{id}",
        "PATCH /api/comments/{id}",
        "POST /api/comments",
    ];
    assert_eq!(
        operations.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
    fixture
        .signed_out()
        .put("/api/comments")
        .send()
        .await
        .refused(405, "method_not_allowed");
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
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    let own = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str());
    own.chain(alternatives.flat_map(|schema| properties(document, schema)))
        .collect()
}
