//! Signing in and out.

use serde_json::json;
use testkit::eventually;

use crate::fixture::{Fixture, PASSWORD, TestUser, cookie_token, session_cookie};

#[tokio::test]
async fn a_login_is_a_user_name_or_an_address_in_any_case() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("Ann").await;
    for login in ["Ann", "aNN", " ann ", "ANN@example.ORG"] {
        let answer = fixture.sign_in(login, PASSWORD).await;
        let again = TestUser::of(&fixture.client(), &answer.expect(200));
        assert_eq!(again.id, ann.id);
        assert_ne!(again.session(), ann.session());
        assert!(answer.json()["expires_at"].is_string());
        assert_eq!(session_cookie(&answer), None, "a token or a cookie, not both");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn without_a_token_request_a_cookie_is_set() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let body = json!({ "login": "ann", "password": PASSWORD });
    let answer = fixture
        .client()
        .post("/api/users/signin")
        .json(&body)
        .send()
        .await;
    let user = answer.expect(200);
    assert_eq!(user["id"], ann.id.to_string());
    assert!(user.get("token").is_none());
    assert_eq!(cookie_token(&answer).split('.').count(), 3);
    fixture.finish().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_response() {
    let fixture = Fixture::start().await;
    fixture.sign_up("ann").await;
    let wrong = fixture.sign_in("ann", "something else").await;
    let nobody = fixture.sign_in("nobody", "something else").await;
    for answer in [&wrong, &nobody] {
        answer.refused(401, "invalid_credentials");
    }
    assert_eq!(wrong.json()["detail"], nobody.json()["detail"]);
    fixture
        .sign_in("", "something else")
        .await
        .refused(401, "invalid_credentials");
    let injected = json!({ "login": { "$gt": "" }, "password": PASSWORD });
    let answer = fixture
        .client()
        .post("/api/users/signin")
        .json(&injected)
        .send()
        .await;
    answer.refused_field(422, "invalid_type", "login");
    fixture.finish().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere_and_is_idempotent() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let phone = fixture.again(&ann).await;
    let other = fixture.replica().await;

    let answer = ann.client.post("/api/users/signout").send().await;
    answer.expect(204);
    assert!(
        session_cookie(&answer).unwrap().contains("Max-Age=0"),
        "{answer:?}"
    );

    ann.client
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "session_revoked");
    let there = other.client().with_token(&ann.token);
    eventually("the other replica refuses it", async || {
        (there.get("/api/users/me/sessions").send().await.status == 401).then_some(())
    })
    .await;
    phone
        .client
        .get("/api/users/me/sessions")
        .send()
        .await
        .expect(200);
    ann.client.post("/api/users/signout").send().await.expect(204);
    fixture
        .client()
        .post("/api/users/signout")
        .send()
        .await
        .expect(204);
    fixture
        .client()
        .with_token("nonsense")
        .post("/api/users/signout")
        .send()
        .await
        .expect(204);
    other.finish().await;
    fixture.finish().await;
}

#[tokio::test]
async fn the_cookie_signs_out_only_from_the_same_origin() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let signout = |site: &'static str| {
        let request = fixture.client().post("/api/users/signout");
        request
            .header("cookie", format!("session={}", ann.token))
            .header("sec-fetch-site", site)
    };
    signout("cross-site").send().await.refused(403, "cross_site");
    ann.client.get("/api/users/me/sessions").send().await.expect(200);
    signout("same-origin").send().await.expect(204);
    ann.client
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "session_revoked");
    fixture.finish().await;
}

#[tokio::test]
async fn a_password_hashed_with_old_parameters_is_rehashed() {
    use argon2::{
        Argon2, Params,
        password_hash::{CustomizedPasswordHasher as _, generate_salt, phc::PasswordHash},
    };
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let params = Params::new(8192, 1, 1, None).unwrap();
    let old: PasswordHash = Argon2::default()
        .hash_password_with_params(PASSWORD.as_bytes(), &generate_salt(), params)
        .unwrap();
    let users = fixture
        .running
        .context()
        .database()
        .unwrap()
        .collection::<mongodb::bson::Document>("users");
    let set = mongodb::bson::doc! { "$set": { "password_hash": old.to_string() } };
    users
        .update_one(mongodb::bson::doc! { "_id": ann.id.to_string() }, set)
        .await
        .unwrap();

    fixture.sign_in("ann", PASSWORD).await.expect(200);

    let hash = fixture
        .document(ann.id)
        .await
        .get_str("password_hash")
        .unwrap()
        .to_owned();
    assert!(hash.contains("m=19456,t=2,p=1"), "{hash}");
    fixture.sign_in("ann", PASSWORD).await.expect(200);
    fixture.finish().await;
}
