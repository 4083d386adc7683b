//! Reading and changing the own account.

use std::time::Duration;

use common::{
    api::users::CurrentUserResponse,
    claims::Claims,
    event::{Role, Timestamp},
};
use runtime::auth::SESSION_LIFETIME;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PASSWORD, TestUser, claims, cookie_token, parse, session_cookie, user};

async fn patch(user: &TestUser, body: Value) -> testkit::Response {
    user.client.patch("/api/users/me").json(&body).send().await
}

#[tokio::test]
async fn currentuser_returns_the_signed_in_user_or_null() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let current = ann.current().await;
    let body: CurrentUserResponse = parse(current.expect(200));
    assert_eq!(body.current_user.unwrap().email, "ann@example.org");
    assert_eq!((current.version(), session_cookie(&current)), (1, None));
    assert!(current.json().get("token").is_none());

    let nobody = fixture.client().get("/api/users/currentuser").send().await;
    assert_eq!(nobody.expect(200), json!({ "currentUser": null }));
    assert_eq!(session_cookie(&nobody), None);
    let stale = fixture
        .client()
        .get("/api/users/currentuser")
        .header("cookie", "session=stale");
    let stale = stale.send().await;
    assert_eq!(stale.expect(200), json!({ "currentUser": null }));
    assert!(session_cookie(&stale).unwrap().contains("Max-Age=0"));
    let other = fixture
        .client()
        .get("/api/users/currentuser")
        .header("cookie", "xsession=1; other=session=1");
    assert_eq!(session_cookie(&other.send().await), None);
    let bearer = fixture.client().with_token("stale").get("/api/users/currentuser");
    bearer.send().await.refused(401, "invalid_token");
    fixture.finish().await;
}

#[tokio::test]
async fn a_session_is_renewed_after_half_its_lifetime() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let now = Timestamp::now();
    let begun = now.minus(SESSION_LIFETIME / 2 + Duration::from_secs(60));
    let old = Claims::new(
        ann.id,
        "ann",
        Role::Author,
        ann.session(),
        begun,
        begun.plus(SESSION_LIFETIME),
    );
    let old = fixture.signing_key().await.sign(&old).unwrap();

    let request = fixture
        .client()
        .get("/api/users/currentuser")
        .header("cookie", format!("session={old}"));
    let answer = request.send().await;
    answer.expect(200);
    let renewed = claims(&cookie_token(&answer));
    assert_eq!(renewed["sid"], ann.session().to_string());
    let life = i64::try_from(SESSION_LIFETIME.as_secs()).unwrap();
    assert!(
        renewed["exp"].as_i64().unwrap() >= now.as_secs() + life - 1,
        "{renewed}"
    );

    let bearing = fixture
        .client()
        .with_token(&old)
        .get("/api/users/currentuser")
        .send()
        .await;
    assert!(bearing.expect(200)["token"].is_string());
    assert_eq!(session_cookie(&bearing), None);
    fixture.finish().await;
}

#[tokio::test]
async fn a_profile_update_is_published() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let answer = patch(&ann, json!({ "name": "Ann Other", "bio": "Writes." })).await;
    let body = answer.expect(200);
    assert_eq!(
        (body["name"].as_str(), body["bio"].as_str()),
        (Some("Ann Other"), Some("Writes."))
    );
    assert_eq!(body["email"], "ann@example.org");
    assert_eq!(answer.version(), 2);
    assert_eq!(answer.consistency_token(), format!("user:{}@2", ann.id));
    assert_eq!(session_cookie(&answer), None);

    let log = fixture.log(2).await;
    let (kind, state) = user(&log[1]);
    assert_eq!(kind, "blog.user.profile_updated.v1");
    assert_eq!(state.profile.unwrap().name, "Ann Other");
    assert_eq!(log[1].event.envelope.actor, format!("user:{}", ann.id));

    let same = patch(&ann, json!({ "name": "Ann Other" })).await;
    same.expect(200);
    assert_eq!(same.version(), 2, "nothing changed");
    patch(&ann, json!({})).await.expect(200);
    fixture.log(2).await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_new_user_name_sets_a_new_cookie_and_releases_the_old_name() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    fixture.sign_up("bob").await;
    patch(&ann, json!({ "username": "BOB" }))
        .await
        .refused_field(409, "username_taken", "username");
    patch(&ann, json!({ "username": "admin" }))
        .await
        .refused_field(422, "invalid_value", "username");

    let request = fixture
        .client()
        .patch("/api/users/me")
        .header("cookie", format!("session={}", ann.token));
    let request = request.header("sec-fetch-site", "same-origin");
    let answer = request.json(&json!({ "username": "anna" })).send().await;
    answer.expect(200);
    let token = cookie_token(&answer);
    assert_eq!(claims(&token)["name"], "anna");
    assert_eq!(claims(&token)["sid"], ann.session().to_string());

    // A token with the old name is replaced by the next request of currentuser.
    let current = ann.current().await.expect(200);
    assert_eq!(claims(current["token"].as_str().unwrap())["name"], "anna");
    fixture.sign_in("anna", PASSWORD).await.expect(200);
    fixture
        .sign_in("ann", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    let mut body = crate::fixture::registration("ann");
    body["email"] = "new@example.org".into();
    fixture
        .client()
        .post("/api/users/signup")
        .json(&body)
        .send()
        .await
        .expect(201);
    fixture.finish().await;
}

#[tokio::test]
async fn a_new_address_requires_the_password() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    fixture.sign_up("bob").await;
    let email = "Ann@new.example.org";
    patch(&ann, json!({ "email": email }))
        .await
        .refused_field(422, "required", "password");
    let wrong = json!({ "email": email, "password": "wrong password" });
    patch(&ann, wrong).await.refused(401, "invalid_credentials");
    let taken = json!({ "email": "BOB@example.org", "password": PASSWORD });
    patch(&ann, taken)
        .await
        .refused_field(409, "email_taken", "email");
    assert_eq!(
        ann.current().await.expect(200)["currentUser"]["email"],
        "ann@example.org"
    );

    let answer = patch(&ann, json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(answer.expect(200)["email"], email);
    assert_eq!(answer.version(), 2);
    fixture.sign_in("ann@new.example.ORG", PASSWORD).await.expect(200);
    fixture
        .sign_in("ann@example.org", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    patch(&ann, json!({ "email": email })).await.expect(200);
    let log = format!("{:?}", fixture.log(3).await);
    assert!(!log.contains("example.org"), "{log}");
    fixture.finish().await;
}

#[tokio::test]
async fn an_update_of_another_version_is_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let at = |version: &str, name: &str| {
        let request = ann.client.patch("/api/users/me").header("if-match", version);
        request.json(&json!({ "name": name })).send()
    };
    let refused = at("\"7\"", "A").await;
    refused.refused(412, "version_mismatch");
    assert_eq!(
        (refused.version(), &refused.json()["current_version"]),
        (1, &json!(1))
    );

    let (first, second) = tokio::join!(at("\"1\"", "B"), at("\"1\"", "C"));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    fixture.log(2).await;
    fixture.finish().await;
}

#[tokio::test]
async fn unknown_fields_null_and_unauthenticated_requests_are_refused() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    patch(&ann, json!({ "role": "admin" }))
        .await
        .refused_field(422, "unknown_field", "role");
    patch(&ann, json!({ "name": null }))
        .await
        .refused_field(422, "invalid_type", "name");
    patch(&ann, json!({ "name": "x".repeat(81) }))
        .await
        .refused_field(422, "too_long", "name");
    let stranger = fixture
        .client()
        .patch("/api/users/me")
        .json(&json!({ "name": "x" }));
    stranger.send().await.refused(401, "unauthenticated");
    let forged = fixture
        .client()
        .patch("/api/users/me")
        .header("cookie", format!("session={}", ann.token));
    forged
        .json(&json!({ "name": "x" }))
        .send()
        .await
        .refused(403, "cross_site");
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn names_can_be_changed_back_and_each_has_one_claim() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    for name in ["bob", "Ann", "ANN", "cid"] {
        let answer = patch(&ann, json!({ "username": name })).await;
        assert_eq!(answer.expect(200)["username"], name);
    }
    let names = fixture
        .running
        .context()
        .database()
        .unwrap()
        .collection::<mongodb::bson::Document>("names");
    assert_eq!(names.count_documents(mongodb::bson::doc! {}).await.unwrap(), 2);
    fixture.sign_up("bob").await;
    patch(&ann, json!({ "username": "bob" }))
        .await
        .refused(409, "username_taken");
    fixture.log(6).await;
    fixture.finish().await;
}

#[tokio::test]
async fn of_concurrent_changes_to_the_same_name_one_succeeds() {
    let fixture = Fixture::start().await;
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(fixture.sign_up(&format!("ann{n}")).await);
    }
    let renames = people
        .iter()
        .map(|user| patch(user, json!({ "username": "Wanted" })));
    let answers = futures::future::join_all(renames).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused_field(409, "username_taken", "username");
    }
    fixture.log(7).await;
    fixture.finish().await;
}
