//! Every service rejects invalid tokens.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    claims::Claims,
    event::{Role, Timestamp},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use testkit::TestIssuer;
use tests::Stack;

const PROTECTED: [&str; 4] = [
    "/api/users/me/sessions",
    "/api/posts/mine",
    "/api/comments/mine",
    "/api/moderation/reports/mine",
];

#[tokio::test]
async fn forged_expired_and_foreign_tokens_are_refused_everywhere() {
    let stack = Stack::start().await;
    let bus = stack.nats.connect("auth").await;
    let issuer = TestIssuer::on(&bus).await;
    let stranger = TestIssuer::new("unknown-key");
    let right = issuer.user("ann", Role::Author);
    let claims = |change: fn(&mut Value)| {
        let now = Timestamp::now();
        let later = now.plus(std::time::Duration::from_secs(60));
        let claims = Claims::new(right.id, "ann", Role::Author, right.session, now, later);
        let mut claims = serde_json::to_value(claims).unwrap();
        change(&mut claims);
        claims
    };

    for path in PROTECTED {
        let client = stack.gateway().client(path);
        testkit::eventually("the key is known", async || {
            (client.with_token(&right.token).get(path).send().await.status == 200).then_some(())
        })
        .await;
        for (what, token) in [
            ("alg none", unsigned(&claims(|_| {}))),
            ("HS256 with the public key", symmetric(&issuer, &claims(|_| {}))),
            (
                "another audience",
                issuer.sign(&claims(|claims| claims["aud"] = json!("elsewhere"))),
            ),
            (
                "another issuer",
                issuer.sign(&claims(|claims| claims["iss"] = json!("elsewhere"))),
            ),
            (
                "expired",
                issuer.sign(&claims(|claims| claims["exp"] = json!(1_000_000_000))),
            ),
            ("an unknown key", stranger.sign(&claims(|_| {}))),
            ("a changed payload", tampered(&right.token)),
            ("no token at all", "hello".to_owned()),
        ] {
            let response = client.with_token(token).get(path).send().await;
            assert_eq!(response.status, 401, "{what} on {path}: {}", response.text());
            response.refused(401, "invalid_token");
        }
        client.get(path).send().await.refused(401, "unauthenticated");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_cookie_from_another_site_changes_nothing() {
    let stack = Stack::start().await;
    let ann = stack.sign_up("ann").await;
    let path = "/api/posts";
    let post = |header: &'static str, value: &'static str| {
        let request = stack
            .gateway()
            .client(path)
            .post(path)
            .json(&json!({ "title": "Forged", "body": "x" }));
        request
            .header("cookie", format!("session={}", ann.token))
            .header(header, value)
    };

    for (header, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("x-nothing", "neither header"),
    ] {
        post(header, value).send().await.refused(403, "cross_site");
    }
    post("origin", "http://localhost:8080").send().await.expect(201);
    post("sec-fetch-site", "same-origin").send().await.expect(201);
    stack.finish().await;
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.",
        part(&json!({ "alg": "none", "typ": "JWT", "kid": "test-key" })),
        part(claims)
    )
}

fn symmetric(issuer: &TestIssuer, claims: &Value) -> String {
    let header = Header {
        kid: Some("test-key".to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    encode(&header, claims, &EncodingKey::from_secret(&issuer.public_key())).unwrap()
}

fn tampered(token: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let payload = URL_SAFE_NO_PAD.decode(&parts[1]).unwrap();
    let text = String::from_utf8(payload)
        .unwrap()
        .replace("\"author\"", "\"admin\"");
    parts[1] = URL_SAFE_NO_PAD.encode(text);
    parts.join(".")
}
