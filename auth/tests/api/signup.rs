//! Creating an account.

use auth::config::AuthSettings;
use common::{api::users::OwnUser, event::Role};
use futures::future::join_all;
use serde_json::json;

use crate::fixture::{
    Fixture, PASSWORD, claims, cookie_token, parse, registration, session_cookie, settings, user,
};

#[tokio::test]
async fn signing_up_creates_an_account_and_sets_a_cookie() {
    let fixture = Fixture::start().await;
    let mut body = registration("Ann");
    body["bio"] = "Writes.".into();
    let answer = fixture
        .client()
        .post("/api/users/signup")
        .json(&body)
        .send()
        .await;

    let ann: OwnUser = parse(answer.expect(201));
    let expected = OwnUser {
        id: ann.id,
        username: "Ann".to_owned(),
        name: "Ann".to_owned(),
        bio: "Writes.".to_owned(),
        email: "Ann@example.org".to_owned(),
        role: Role::Author,
        created_at: ann.created_at,
    };
    assert_eq!(ann, expected);
    let text = answer.text();
    assert!(
        answer.json().get("token").is_none() && !text.contains("password"),
        "{text}"
    );
    let id = ann.id.to_string();
    assert_eq!(answer.consistency_token(), format!("user:{id}@1"));
    assert_eq!(answer.version(), 1);
    let cookie = session_cookie(&answer).unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }

    let token = cookie_token(&answer);
    let claims = claims(&token);
    assert_eq!(
        (
            claims["sub"].as_str(),
            claims["name"].as_str(),
            claims["role"].as_str()
        ),
        (Some(id.as_str()), Some("Ann"), Some("author"))
    );
    let current = fixture
        .client()
        .get("/api/users/currentuser")
        .header("cookie", format!("session={token}"));
    assert_eq!(current.send().await.expect(200)["currentUser"]["id"], id);
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn the_event_contains_the_profile_and_nothing_private() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let log = fixture.log(1).await;
    let (kind, state) = user(&log[0]);
    assert_eq!((kind, state.id), ("blog.user.registered.v1", ann.id));
    assert_eq!(log[0].event.envelope.actor, format!("user:{}", ann.id));
    assert_eq!(log[0].event.envelope.aggregate_version, 1);
    assert!(!format!("{:?}", log[0]).contains("example.org"), "{:?}", log[0]);

    let document = fixture.document(ann.id).await;
    assert!(
        document
            .get_str("password_hash")
            .unwrap()
            .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
    );
    assert!(!format!("{document:?}").contains(PASSWORD));
    fixture.finish().await;
}

#[tokio::test]
async fn all_violations_are_reported_at_once_by_field() {
    let fixture = Fixture::start().await;
    let post = async |body| {
        fixture
            .client()
            .post("/api/users/signup")
            .json(&body)
            .send()
            .await
    };
    let body = json!({ "username": "a", "email": "nowhere", "password": "password", "name": "", "bio": "x".repeat(501) });
    let answer = post(body).await;
    for (code, field) in [
        ("too_short", "username"),
        ("invalid_format", "email"),
        ("common_password", "password"),
        ("too_short", "name"),
        ("too_long", "bio"),
    ] {
        answer.refused_field(422, code, field);
    }
    for (field, value, code) in [
        ("username", json!("admin"), "invalid_value"),
        ("username", json!("-ann"), "invalid_format"),
        ("username", json!("a".repeat(33)), "too_long"),
        ("username", json!("an\0n"), "contains_nul"),
        ("username", json!({ "$gt": "" }), "invalid_type"),
        ("email", json!({ "$gt": "" }), "invalid_type"),
        ("password", json!({ "$gt": "" }), "invalid_type"),
        ("password", json!("short"), "too_short"),
        ("password", json!("x1".repeat(65)), "too_long"),
        ("password", json!("ann@example.org"), "common_password"),
        ("name", json!(null), "invalid_type"),
        ("role", json!("admin"), "unknown_field"),
    ] {
        let mut body = registration("ann");
        body[field] = value;
        post(body).await.refused_field(422, code, field);
    }
    let raw = async |text: &str| {
        fixture
            .client()
            .post("/api/users/signup")
            .raw_json(text)
            .send()
            .await
    };
    raw("{").await.refused(400, "malformed_json");
    raw(r#"{"username":"\ud800"}"#)
        .await
        .refused(400, "malformed_json");
    raw("{}").await.refused_field(422, "required", "username");
    fixture.finish().await;
}

#[tokio::test]
async fn names_and_addresses_are_unique_in_any_case() {
    let fixture = Fixture::start().await;
    fixture.sign_up("ann").await;
    let post = async |username: &str, email: &str| {
        let body = json!({ "username": username, "email": email, "password": PASSWORD });
        fixture
            .client()
            .post("/api/users/signup")
            .json(&body)
            .send()
            .await
    };
    post("ANN", "other@example.org")
        .await
        .refused_field(409, "username_taken", "username");
    post("other", "ANN@Example.ORG")
        .await
        .refused_field(409, "email_taken", "email");
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn of_fifty_concurrent_sign_ups_with_the_same_name_one_succeeds() {
    let fixture = Fixture::start().await;
    let client = fixture.client();
    let requests = (0..50).map(|n| {
        let mut body = registration(if n % 2 == 0 { "ann" } else { "Ann" });
        body["email"] = format!("ann{n}@example.org").into();
        client.post("/api/users/signup").json(&body).send()
    });
    let answers = join_all(requests).await;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(
        won,
        1,
        "{:?}",
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused_field(409, "username_taken", "username");
    }
    fixture.log(1).await;
    fixture.finish().await;
}

#[tokio::test]
async fn of_twenty_concurrent_sign_ups_with_the_same_address_one_succeeds() {
    let fixture = Fixture::start().await;
    let client = fixture.client();
    let requests = (0..20).map(|n| {
        let mut body = registration(&format!("ann{n}"));
        body["email"] = "ann@example.org".into();
        client.post("/api/users/signup").json(&body).send()
    });
    let answers = join_all(requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused_field(409, "email_taken", "email");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn new_accounts_are_limited_per_client_address() {
    let limited = AuthSettings {
        signups_per_address: 2,
        ..settings()
    };
    let fixture = Fixture::start_with(limited).await;
    let post = async |name: &str, address: &str| {
        let request = fixture
            .client()
            .post("/api/users/signup")
            .header("x-forwarded-for", address);
        request.json(&registration(name)).send().await
    };
    post("ann", "192.0.2.1").await.expect(201);
    // A refused request does not count.
    post("ann", "192.0.2.1").await.refused(409, "username_taken");
    post("bob", "192.0.2.1").await.expect(201);
    let refused = post("cid", "192.0.2.1").await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 3600);
    post("cid", "192.0.2.2").await.expect(201);
    fixture.finish().await;
}

#[tokio::test]
async fn another_site_cannot_sign_a_user_up() {
    let fixture = Fixture::start().await;
    let request = fixture
        .client()
        .post("/api/users/signup")
        .header("sec-fetch-site", "cross-site");
    request
        .json(&registration("ann"))
        .send()
        .await
        .refused(403, "cross_site");
    fixture.finish().await;
}

#[tokio::test]
async fn a_name_that_a_crash_left_claimed_becomes_available() {
    use common::{event::Timestamp, ids::UserId};
    use std::time::Duration;
    let fixture = Fixture::start().await;
    let names = fixture
        .running
        .context()
        .database()
        .unwrap()
        .collection::<mongodb::bson::Document>("names");
    let left = |name: &str, age: u64| {
        let at = Timestamp::now().minus(Duration::from_secs(age)).to_string();
        let user = UserId::generate().to_string();
        names.insert_one(mongodb::bson::doc! { "_id": name, "user_id": user, "at": at })
    };
    left("username:ann", 301).await.unwrap();
    left("username:bob", 200).await.unwrap();
    left("email:cid@example.org", 200).await.unwrap();
    let post = async |name: &str| {
        fixture
            .client()
            .post("/api/users/signup")
            .json(&registration(name))
            .send()
            .await
    };
    post("ann").await.expect(201);
    post("bob").await.refused_field(409, "username_taken", "username");
    post("cid").await.refused_field(409, "email_taken", "email");
    // The failed request left no claim: the name is available with another address.
    let mut body = registration("cid");
    body["email"] = "other@example.org".into();
    fixture
        .client()
        .post("/api/users/signup")
        .json(&body)
        .send()
        .await
        .expect(201);
    fixture.finish().await;
}
