//! Tokens that are forged, foreign, expired or revoked.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    claims::Claims,
    event::{Role, Timestamp},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use runtime::auth::{LEEWAY, SESSION_LIFETIME};
use serde_json::json;
use testkit::TestIssuer;

use crate::fixture::{Fixture, TestUser};

fn own_claims(ann: &TestUser) -> Claims {
    let now = Timestamp::now();
    Claims::new(
        ann.id,
        "ann",
        Role::Author,
        ann.session(),
        now,
        now.plus(SESSION_LIFETIME),
    )
}

async fn refused(fixture: &Fixture, what: &str, token: &str) {
    for path in ["/api/users/me/sessions", "/api/users/currentuser"] {
        let answer = fixture.client().with_token(token).get(path).send().await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        answer.refused(401, "invalid_token");
    }
    let cookie = fixture
        .client()
        .get("/api/users/me/sessions")
        .header("cookie", format!("session={token}"));
    cookie.send().await.refused(401, "invalid_token");
}

#[tokio::test]
async fn a_token_of_any_other_issuer_is_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let key = fixture.signing_key().await;
    let claims = own_claims(&ann);
    let good = key.sign(&claims).unwrap();
    fixture
        .client()
        .with_token(&good)
        .get("/api/users/me/sessions")
        .send()
        .await
        .expect(200);
    let [_, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();

    for alg in ["none", "None", "NONE"] {
        let header = json!({ "alg": alg, "typ": "JWT", "kid": key.kid() }).to_string();
        let header = URL_SAFE_NO_PAD.encode(header);
        refused(&fixture, alg, &format!("{header}.{body}.")).await;
        refused(&fixture, alg, &format!("{header}.{body}.{signature}")).await;
    }
    let jwks = fixture
        .client()
        .get("/api/users/.well-known/jwks.json")
        .send()
        .await
        .expect(200);
    let x = jwks["keys"][0]["x"].as_str().unwrap();
    let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
    for secret in [
        raw,
        x.as_bytes().to_vec(),
        jwks["keys"][0].to_string().into_bytes(),
    ] {
        let header = Header {
            kid: Some(key.kid().to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        let token = encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
        refused(&fixture, "HS256 with the public key", &token).await;
    }
    let forger = TestIssuer::new(key.kid());
    refused(&fixture, "another key of the same id", &forger.sign(&claims)).await;
    refused(
        &fixture,
        "an unknown key",
        &TestIssuer::new("other").sign(&claims),
    )
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_token_for_another_audience_or_an_expired_one_is_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let key = fixture.signing_key().await;
    let claims = own_claims(&ann);
    let past = Timestamp::now().minus(LEEWAY + Duration::from_secs(5)).as_secs();
    for (what, claims) in [
        (
            "audience",
            Claims {
                aud: "others".into(),
                ..claims.clone()
            },
        ),
        (
            "issuer",
            Claims {
                iss: "others".into(),
                ..claims.clone()
            },
        ),
        (
            "expired",
            Claims {
                exp: past,
                ..claims.clone()
            },
        ),
    ] {
        refused(&fixture, what, &key.sign(&claims).unwrap()).await;
    }
    // Signing out with an expired token is not an error.
    let expired = key.sign(&Claims { exp: past, ..claims }).unwrap();
    fixture
        .client()
        .with_token(&expired)
        .post("/api/users/signout")
        .send()
        .await
        .expect(204);
    fixture.finish().await;
}

#[tokio::test]
async fn an_ended_session_is_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    ann.client.post("/api/users/signout").send().await.expect(204);
    ann.current().await.refused(401, "session_revoked");
    ann.client
        .put("/api/users/me/password")
        .json(&json!({}))
        .send()
        .await
        .refused(401, "session_revoked");
    let cookie = fixture
        .client()
        .get("/api/users/currentuser")
        .header("cookie", format!("session={}", ann.token));
    assert_eq!(cookie.send().await.expect(200), json!({ "currentUser": null }));
    fixture.finish().await;
}
