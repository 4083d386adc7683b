//! Outages of the bus and the database.

use std::time::Instant;

use runtime::auth::REVOCATIONS_BUCKET;
use serde_json::json;
use testkit::{DatabaseServer, NatsServer, OUTAGE_LIMIT, RunningService, TestDatabase, eventually};

use crate::fixture::{Fixture, PASSWORD, TestUser, registration, settings, sign_in, user};

#[tokio::test]
async fn without_the_bus_users_can_sign_up_in_and_out() {
    let mut fixture = Fixture::start().await;
    fixture.nats.stop();
    let ann = fixture.sign_up("ann").await;
    let phone = fixture.again(&ann).await;
    ann.client
        .patch("/api/users/me")
        .json(&json!({ "name": "Ann Other" }))
        .send()
        .await
        .expect(200);
    phone.client.post("/api/users/signout").send().await.expect(204);
    phone
        .client
        .get("/api/users/me/sessions")
        .send()
        .await
        .refused(401, "session_revoked");
    ann.client.get("/api/users/me/sessions").send().await.expect(200);

    fixture.nats.restart().await;

    let log = fixture.log(2).await;
    assert_eq!(user(&log[1]).0, "blog.user.profile_updated.v1");
    let jetstream = fixture.running.context().bus.jetstream();
    eventually("the end of the session is published", async || {
        let bucket = jetstream.get_key_value(REVOCATIONS_BUCKET).await.ok()?;
        bucket.get(phone.session().to_string()).await.ok()?
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn the_service_starts_and_serves_without_the_bus() {
    let (mut nats, database) = (NatsServer::start().await, TestDatabase::new("auth"));
    nats.stop();
    let running = RunningService::start(auth::service(), &nats, &database, settings()).await;
    let mut body = registration("ann");
    body["token"] = true.into();
    let answer = running
        .client()
        .post("/api/users/signup")
        .json(&body)
        .send()
        .await;
    let ann = TestUser::of(&running.client(), &answer.expect(201));
    ann.client.get("/api/users/me/sessions").send().await.expect(200);
    ann.client.post("/api/users/signout").send().await.expect(204);
    running.stop().await;

    // The next process refuses the session, too, without the bus.
    let running = RunningService::start(auth::service(), &nats, &database, settings()).await;
    let request = || {
        running
            .client()
            .with_token(&ann.token)
            .get("/api/users/me/sessions")
            .send()
    };
    eventually("it is refused", async || {
        (request().await.status == 401).then_some(())
    })
    .await;
    nats.restart().await;
    running.finish().await;
    database.remove().await;
}

#[tokio::test]
async fn without_the_database_requests_return_503_within_two_seconds() {
    let (nats, mut server) = (NatsServer::start().await, DatabaseServer::start().await);
    let database = TestDatabase::on(&server.uri(), "auth");
    let running = RunningService::start(auth::service(), &nats, &database, settings()).await;
    let mut body = registration("ann");
    body["token"] = true.into();
    let answer = running
        .client()
        .post("/api/users/signup")
        .json(&body)
        .send()
        .await;
    let ann = TestUser::of(&running.client(), &answer.expect(201));
    running.settled().await;

    for freeze in [false, true] {
        if freeze {
            server.freeze()
        } else {
            server.stop()
        }
        let client = running.client();
        let credentials = json!({ "login": "ann", "password": PASSWORD });
        for request in [
            client.post("/api/users/signup").json(&registration("bob")),
            client.post("/api/users/signin").json(&credentials),
            ann.client.patch("/api/users/me").json(&json!({ "name": "A" })),
            ann.client.get("/api/users/currentuser"),
            ann.client.get("/api/users/me/sessions"),
        ] {
            let asked = Instant::now();
            let answer = request.send().await;
            answer.refused(503, "unavailable");
            assert!(answer.headers.contains_key("retry-after"));
            assert!(asked.elapsed() < OUTAGE_LIMIT, "{:?}", asked.elapsed());
        }
        let keys = client
            .get("/api/users/.well-known/jwks.json")
            .send()
            .await
            .expect(200);
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        if freeze {
            server.thaw()
        } else {
            server.restart().await
        }
        eventually("the service recovers", async || {
            (sign_in(&client, "ann", PASSWORD).await.status == 200).then_some(())
        })
        .await;
    }
    running.stop().await;
}

#[tokio::test]
async fn resync_refills_a_lost_log() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.sign_up("ann").await, fixture.sign_up("bob").await);
    ann.client
        .put(&format!("/api/users/{}/follow", bob.id))
        .send()
        .await
        .expect(204);
    bob.client
        .delete("/api/users/me")
        .json(&json!({ "password": PASSWORD }))
        .send()
        .await
        .expect(204);
    let latest = |log: Vec<runtime::bus::LogEntry>| {
        let mut latest = std::collections::BTreeMap::new();
        for entry in log {
            latest.insert(
                entry.event.aggregate_id.clone(),
                (entry.event.envelope.id, entry.event.event),
            );
        }
        latest
    };
    let before = latest(fixture.log(5).await);
    fixture.running.settled().await;

    fixture.nats.delete_log().await;
    assert_eq!(
        auth::service().resync(fixture.running.context()).await.unwrap(),
        3
    );

    assert_eq!(latest(fixture.log(3).await), before);
    fixture.finish().await;
}
