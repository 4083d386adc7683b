//! The OpenAPI document describes what the service does.

use std::collections::BTreeSet;

use common::ids::UserId;
use reqwest::Method;

use crate::fixture::Fixture;

#[tokio::test]
async fn every_documented_operation_exists() {
    let fixture = Fixture::start().await;
    let document = fixture
        .client()
        .get("/api/users/openapi.json")
        .send()
        .await
        .expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let real = path.replace("{id}", &UserId::generate().to_string());
            let answer = fixture.client().request(method.clone(), &real).send().await;
            assert!(
                ![404, 405, 500].contains(&answer.status),
                "{method} {path}: {}",
                answer.text()
            );
            // Exactly the operations that require authentication say so.
            let needs = operation["security"]
                .as_array()
                .is_some_and(|ways| ways.iter().all(|way| way != &serde_json::json!({})));
            assert_eq!(answer.status == 401, needs, "{method} {path}: {}", answer.text());
            assert!(operation["summary"].is_string(), "{method} {path}");
            operations.insert(format!("{method} {path}"));
        }
    }
    let expected = [
        "DELETE /api/users/me",
        "DELETE /api/users/me/sessions/{id}",
        "DELETE /api/users/{id}/follow",
        "GET /api/users/.well-known/jwks.json",
        "GET /api/users/currentuser",
        "GET /api/users/me/sessions",
        "PATCH /api/users/me",
        "POST /api/users/signin",
        "POST /api/users/signout",
        "POST /api/users/signup",
        "PUT /api/users/me/password",
        "PUT /api/users/{id}/follow",
        "PUT /api/users/{id}/role",
    ];
    assert_eq!(operations, expected.map(str::to_owned).into());
    fixture.finish().await;
}

#[tokio::test]
async fn unknown_paths_and_unusable_bodies_return_problems() {
    let fixture = Fixture::start().await;
    fixture
        .client()
        .get("/api/users/nowhere")
        .send()
        .await
        .refused(404, "not_found");
    fixture
        .client()
        .get("/api/users/signup")
        .send()
        .await
        .refused(405, "method_not_allowed");
    let text = fixture.client().post("/api/users/signin").send().await;
    text.refused(415, "unsupported_media_type");
    let large = format!(r#"{{"login":"{}"}}"#, "x".repeat(2 << 20));
    let large = fixture
        .client()
        .post("/api/users/signin")
        .raw_json(large)
        .send()
        .await;
    large.refused(413, "payload_too_large");
    fixture.finish().await;
}
