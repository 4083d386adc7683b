//! The OpenAPI document describes what the service does.

use common::ids::PostId;
use reqwest::Method;
use serde_json::Value;

use crate::fixture::Fixture;

#[tokio::test]
async fn every_documented_operation_exists() {
    let fixture = Fixture::start().await;
    let answer = fixture.anonymous().get("/api/posts/openapi.json").send().await;
    let document = answer.expect(200);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["security"].is_array(), "{method} {path}");
            let concrete = path
                .replace("{id}", &PostId::generate().to_string())
                .replace("{version}", "1");
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = fixture
                .anonymous()
                .request(method.clone(), &concrete)
                .send()
                .await;
            // The route exists, and requires authentication.
            answer.refused(401, "unauthenticated");
            operations.push(format!("{method} {path}"));
        }
    }
    operations.sort();
    let expected = [
        "DELETE /api/posts/{id}",
        "DELETE /api/posts/{id}/reaction",
        "GET /api/posts/mine",
        "GET /api/posts/{id}",
        "GET /api/posts/{id}/revisions",
        "GET /api/posts/{id}/revisions/{version}",
        "PATCH /api/posts/{id}",
        "POST /api/posts",
        "PUT /api/posts/{id}/reaction",
    ];
    assert_eq!(operations, expected);
    assert_refs_resolve(&document, &document);
    fixture.finish().await;
}

#[tokio::test]
async fn responses_have_the_documented_fields() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let document = ann.get("/api/posts/openapi.json").await.expect(200);
    let id = ann.write("Post", "published").await;
    let fields = |schema: &str| -> Vec<String> {
        let properties = &document["components"]["schemas"][schema]["properties"];
        properties.as_object().unwrap().keys().cloned().collect()
    };
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let revisions = ann.get(&format!("/api/posts/{id}/revisions")).await.expect(200);
    let mine = ann.get("/api/posts/mine").await.expect(200);
    let reaction = ann
        .client
        .put(&format!("/api/posts/{id}/reaction"))
        .send()
        .await
        .expect(200);
    for (schema, answer) in [
        ("PostSource", &ann.read(&id).await.expect(200)),
        ("PostSummary", &mine["items"][0]),
        ("RevisionEntry", &revisions["items"][0]),
        (
            "RevisionText",
            &ann.get(&format!("/api/posts/{id}/revisions/1")).await.expect(200),
        ),
        ("ReactionResponse", &reaction),
    ] {
        assert_eq!(keys(answer), sorted(fields(schema)), "{schema}");
    }
    fixture.finish().await;
}

/// Every `$ref` of the document resolves.
fn assert_refs_resolve(value: &Value, root: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(root.pointer(pointer).is_some(), "{reference} does not resolve");
            }
            members
                .values()
                .for_each(|member| assert_refs_resolve(member, root));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_refs_resolve(item, root)),
        _ => {}
    }
}
