//! The OpenAPI description matches the routes.

use common::ids::PostId;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Client;

use crate::blog::Blog;

const OPERATIONS: &[(&str, &str)] = &[
    ("get", "/api/query/archive"),
    ("get", "/api/query/feed"),
    ("get", "/api/query/following"),
    ("get", "/api/query/live"),
    ("get", "/api/query/posts"),
    ("get", "/api/query/posts/{post}"),
    ("get", "/api/query/posts/{post}/comments"),
    ("get", "/api/query/sitemap"),
    ("get", "/api/query/tags"),
    ("get", "/api/query/users"),
    ("get", "/api/query/users/{username}"),
    ("get", "/api/query/viewer"),
    ("post", "/api/query/preview"),
];

#[tokio::test]
async fn the_description_has_every_operation_and_no_other() {
    let blog = Blog::start().await;
    let document = blog
        .client
        .get("/api/query/openapi.json")
        .send()
        .await
        .expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut described: Vec<(String, String)> = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(
                operation["responses"]["503"].is_object(),
                "{method} {path} describes no errors"
            );
            described.push((method.clone(), path.clone()));
        }
    }
    described.sort();
    let expected: Vec<(String, String)> = OPERATIONS
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(described, expected);
    assert_refs_resolve(&document, &document);
    for (method, path) in described {
        assert_exists(&blog.client, &method, &path).await;
    }
    blog.finish().await;
}

/// The problem of an unknown path has another detail: "There is no resource at this path".
async fn assert_exists(client: &Client, method: &str, path: &str) {
    let path = path
        .replace("{post}", &PostId::generate().to_string())
        .replace("{username}", "nobody");
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let mut request = client.request(method.clone(), &path);
    if method == Method::POST {
        request = request.json(&json!({ "body": "x" }));
    }
    let response = request.stream().await;
    let status = response.status().as_u16();
    assert_ne!(status, 405, "{path}");
    if status == 404 {
        let problem: Value = response.json().await.unwrap();
        assert!(
            problem["detail"].as_str().unwrap().ends_with("does not exist."),
            "{path}: {problem}"
        );
    }
}

fn assert_refs_resolve(value: &Value, root: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                assert!(
                    root.pointer(reference.trim_start_matches('#')).is_some(),
                    "{reference}"
                );
            }
            fields.values().for_each(|value| assert_refs_resolve(value, root));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_refs_resolve(item, root)),
        _ => {}
    }
}
