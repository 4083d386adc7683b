//! Where one is signed in.

use std::time::{Duration, Instant};

use common::{error::ErrorCode, ids::SessionId};
use runtime::auth::{Verifier, watch_identity};
use serde_json::json;
use testkit::eventually;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, PASSWORD, Person};

#[tokio::test]
async fn sessions_are_listed_newest_first_in_pages() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    fixture.sign_up("bob").await;
    let body = json!({ "login": "ann", "password": PASSWORD, "token": true });
    let request = fixture
        .client()
        .post("/api/users/signin")
        .header("user-agent", "x".repeat(300));
    let answer = request
        .header("x-forwarded-for", "192.0.2.7")
        .json(&body)
        .send()
        .await;
    let phone = Person::of(&fixture.client(), &answer.expect(200));

    let page = phone
        .client
        .get("/api/users/me/sessions")
        .send()
        .await
        .expect(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!((items.len(), page["next"].is_null()), (2, true));
    assert_eq!(
        (&items[0]["id"], &items[0]["current"]),
        (&json!(phone.session()), &json!(true))
    );
    assert_eq!(
        (&items[1]["id"], &items[1]["current"]),
        (&json!(ann.session()), &json!(false))
    );
    assert_eq!(items[0]["user_agent"].as_str().unwrap().len(), 200);
    assert_eq!(items[0]["address"], "192.0.2.7");

    let first = phone
        .client
        .get("/api/users/me/sessions?limit=1")
        .send()
        .await
        .expect(200);
    let next = format!(
        "/api/users/me/sessions?limit=1&cursor={}",
        first["next"].as_str().unwrap()
    );
    let second = phone.client.get(&next).send().await.expect(200);
    assert_eq!(second["items"][0]["id"], json!(ann.session()));
    assert!(second["next"].is_null());
    phone
        .client
        .get("/api/users/me/sessions?cursor=x")
        .send()
        .await
        .refused(400, "invalid_cursor");
    fixture.finish().await;
}

#[tokio::test]
async fn one_s_own_session_is_ended_and_nobody_else_s() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let (phone, bob) = (fixture.again(&ann).await, fixture.sign_up("bob").await);
    let end = async |person: &Person, session: SessionId| {
        let path = format!("/api/users/me/sessions/{session}");
        person.client.delete(&path).send().await
    };
    end(&bob, phone.session()).await.refused(404, "not_found");
    end(&ann, SessionId::generate()).await.refused(404, "not_found");
    phone
        .client
        .get("/api/users/me/sessions")
        .send()
        .await
        .expect(200);

    end(&ann, phone.session()).await.expect(204);
    end(&ann, phone.session()).await.expect(204);
    phone
        .client
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "session_revoked");
    let page = ann.client.get("/api/users/me/sessions").send().await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    fixture
        .client()
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "unauthenticated");
    fixture.finish().await;
}

#[tokio::test]
async fn an_ended_session_is_refused_elsewhere_within_milliseconds() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let verifier = Verifier::new(false);
    let stop = CancellationToken::new();
    let jetstream = fixture.nats.connect("posts").await.jetstream().clone();
    tokio::spawn(watch_identity(verifier.clone(), jetstream, None, stop.clone()));
    eventually("the key arrives", async || verifier.verify(&ann.token).ok()).await;

    ann.client.post("/api/users/signout").send().await.expect(204);
    let ended = Instant::now();
    eventually("the end arrives", async || verifier.verify(&ann.token).err()).await;

    assert!(
        ended.elapsed() < Duration::from_millis(500),
        "{:?}",
        ended.elapsed()
    );
    assert_eq!(
        verifier.verify(&ann.token).unwrap_err().code(),
        ErrorCode::SessionRevoked
    );
    stop.cancel();
    fixture.finish().await;
}

#[tokio::test]
async fn ended_sessions_that_the_bus_lost_are_told_again() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let platform = fixture.running.context();
    ann.client.post("/api/users/signout").send().await.expect(204);
    let told = async || {
        let bucket = platform
            .bus
            .jetstream()
            .get_key_value(runtime::auth::REVOCATIONS_BUCKET)
            .await
            .ok()?;
        bucket.get(ann.session().to_string()).await.ok()?
    };
    eventually("it is told", told).await;
    let marked = async || {
        let sessions = platform
            .database()
            .unwrap()
            .collection::<mongodb::bson::Document>("sessions");
        let published = mongodb::bson::doc! { "revocation_published": true };
        sessions.find_one(published).await.ok()?
    };
    eventually("that is remembered", marked).await;

    fixture
        .nats
        .connect("test")
        .await
        .jetstream()
        .delete_key_value(runtime::auth::REVOCATIONS_BUCKET)
        .await
        .unwrap();
    fixture.nats.provision().await;

    eventually("it is told again", told).await;
    fixture.finish().await;
}
