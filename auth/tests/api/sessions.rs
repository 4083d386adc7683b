//! Listing and ending sessions.

use common::{error::ErrorCode, ids::SessionId};
use runtime::auth::{Verifier, watch_identity};
use serde_json::json;
use testkit::eventually;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, PASSWORD, TestUser};

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
    let phone = TestUser::of(&fixture.client(), &answer.expect(200));

    let page = phone.sessions("").await;
    let entries: Vec<_> = page.items.iter().map(|entry| (entry.id, entry.current)).collect();
    assert_eq!(entries, [(phone.session(), true), (ann.session(), false)]);
    assert_eq!(page.next, None);
    assert_eq!(page.items[0].user_agent.len(), 200);
    assert_eq!(page.items[0].address, "192.0.2.7");

    let first = phone.sessions("?limit=1").await;
    let second = phone
        .sessions(&format!("?limit=1&cursor={}", first.next.unwrap()))
        .await;
    assert_eq!(second.items[0].id, ann.session());
    assert_eq!(second.next, None);
    phone
        .client
        .get("/api/users/me/sessions?cursor=x")
        .send()
        .await
        .refused(400, "invalid_cursor");
    fixture.finish().await;
}

#[tokio::test]
async fn a_user_ends_own_sessions_only() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let (phone, bob) = (fixture.again(&ann).await, fixture.sign_up("bob").await);
    let end = async |user: &TestUser, session: SessionId| {
        let path = format!("/api/users/me/sessions/{session}");
        user.client.delete(&path).send().await
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
    assert_eq!(ann.sessions("").await.items.len(), 1);
    fixture
        .client()
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "unauthenticated");
    fixture.finish().await;
}

#[tokio::test]
async fn other_services_refuse_an_ended_session() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let verifier = Verifier::new(false);
    let stop = CancellationToken::new();
    let jetstream = fixture.nats.connect("posts").await.jetstream().clone();
    tokio::spawn(watch_identity(verifier.clone(), jetstream, None, stop.clone()));
    eventually("the key arrives", async || verifier.verify(&ann.token).ok()).await;

    ann.client.post("/api/users/signout").send().await.expect(204);
    eventually("the end arrives", async || verifier.verify(&ann.token).err()).await;

    assert_eq!(
        verifier.verify(&ann.token).unwrap_err().code(),
        ErrorCode::SessionRevoked
    );
    stop.cancel();
    fixture.finish().await;
}

#[tokio::test]
async fn ended_sessions_that_the_bus_lost_are_republished() {
    let fixture = Fixture::start().await;
    let ann = fixture.sign_up("ann").await;
    let context = fixture.running.context();
    ann.client.post("/api/users/signout").send().await.expect(204);
    let published = async || {
        let bucket = context
            .bus
            .jetstream()
            .get_key_value(runtime::auth::REVOCATIONS_BUCKET)
            .await
            .ok()?;
        bucket.get(ann.session().to_string()).await.ok()?
    };
    eventually("it is published", published).await;
    let marked = async || {
        let sessions = context
            .database()
            .unwrap()
            .collection::<mongodb::bson::Document>("sessions");
        let published = mongodb::bson::doc! { "revocation_published": true };
        sessions.find_one(published).await.ok()?
    };
    eventually("that is recorded", marked).await;

    fixture
        .nats
        .connect("test")
        .await
        .jetstream()
        .delete_key_value(runtime::auth::REVOCATIONS_BUCKET)
        .await
        .unwrap();
    fixture.nats.provision().await;

    eventually("it is republished", published).await;
    fixture.finish().await;
}
