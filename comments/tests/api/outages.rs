//! While a server is unavailable: no wrong response, no loss, and automatic recovery.

use std::time::{Duration, Instant};

use common::{event::PostStatus, ids::PostId};
use serde_json::{Value, json};
use testkit::{DatabaseServer, OUTAGE_LIMIT, Response, TestDatabase, eventually};

use crate::fixture::{Fixture, Post, publish, user_deleted};

#[tokio::test]
async fn while_the_bus_is_down_comments_are_accepted_and_published_after_its_return() {
    let mut fixture = Fixture::start().await;
    let post = fixture.published().await;
    let first = fixture.commented(&fixture.ann, post, "before").await;
    fixture.running.settled().await;
    fixture.nats.stop();

    let second = fixture.commented(&fixture.bob, post, "meanwhile").await;
    fixture
        .edit(&fixture.ann, &first, "edited meanwhile")
        .await
        .expect(200);
    fixture
        .reply(&fixture.ann, post, &second, "reply")
        .await
        .expect(201);
    fixture.get_signed_out(&second).await.expect(200);

    fixture.nats.restart().await;
    let log = fixture.log(4).await;
    let mut bodies: Vec<&str> = log
        .iter()
        .filter_map(|(_, state, _)| state.body.as_deref())
        .collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["before", "edited meanwhile", "meanwhile", "reply"]);
    assert_eq!(fixture.events_so_far().await, 4);
    // Not `finish`: a killed server may have lost the latest acknowledgements of consumers, and redelivers those events
    // only after half a minute.
    fixture.running.stop().await;
    fixture.database.remove().await;
}

async fn timed(response: impl Future<Output = Response>) -> (Response, Duration) {
    let started = Instant::now();
    (response.await, started.elapsed())
}

/// Sends every kind of request and expects 503 within two seconds.
async fn all_unavailable(fixture: &Fixture, post: PostId, id: &str) {
    let responses = [
        timed(fixture.comment(&fixture.ann, post, "x")).await,
        timed(fixture.edit(&fixture.ann, id, "x")).await,
        timed(fixture.delete(&fixture.ann, id)).await,
        timed(fixture.get_signed_out(id)).await,
        timed(fixture.client(&fixture.ann).get("/api/comments/mine").send()).await,
    ];
    for (response, elapsed) in responses {
        response.refused(503, "unavailable");
        assert!(response.headers.contains_key("retry-after"));
        assert!(elapsed < OUTAGE_LIMIT, "{elapsed:?}");
    }
}

async fn recovers(fixture: &Fixture, id: &str) {
    eventually("the service responds again", async || {
        (fixture.get_signed_out(id).await.status == 200).then_some(())
    })
    .await;
    fixture.running.ready().await;
}

#[tokio::test]
async fn a_database_that_is_down_or_frozen_is_reported_within_two_seconds() {
    let mut server = DatabaseServer::start().await;
    let fixture = Fixture::start_with(TestDatabase::on(&server.uri(), "comments"), true).await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "text").await;
    fixture.running.settled().await;

    server.freeze();
    all_unavailable(&fixture, post, &id).await;
    server.thaw();
    recovers(&fixture, &id).await;
    fixture
        .edit(&fixture.ann, &id, "after the freeze")
        .await
        .expect(200);
    fixture.running.settled().await;

    server.stop();
    all_unavailable(&fixture, post, &id).await;
    server.restart().await;
    recovers(&fixture, &id).await;
    fixture
        .comment(&fixture.ann, post, "after the crash")
        .await
        .expect(201);
    fixture.running.finish().await;
}

#[tokio::test]
async fn events_that_arrive_while_the_database_is_down_take_effect_after_its_return() {
    let mut server = DatabaseServer::start().await;
    let fixture = Fixture::start_with(TestDatabase::on(&server.uri(), "comments"), true).await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "text").await;
    fixture.running.settled().await;

    server.stop();
    let new = Post::new();
    fixture.publish_post(&new, 1, PostStatus::Published).await;
    publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;
    fixture.get_signed_out(&id).await.refused(503, "unavailable");
    server.restart().await;

    fixture.stored(&new, 1).await;
    eventually("the name is removed", async || {
        let response = fixture.get_signed_out(&id).await;
        (response.json()["author_id"] == Value::Null && response.status == 200).then_some(())
    })
    .await;
    fixture.running.finish().await;
}

#[tokio::test]
async fn a_lost_log_is_restored_by_resync() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let kept = fixture.commented(&fixture.ann, post, "kept").await;
    fixture
        .edit(&fixture.ann, &kept, "kept and edited")
        .await
        .expect(200);
    let deleted = fixture.commented(&fixture.ann, post, "deleted").await;
    fixture.delete(&fixture.ann, &deleted).await.expect(204);
    fixture.running.settled().await;

    fixture.nats.delete_log().await;
    let count = comments::service()
        .resync(fixture.running.context())
        .await
        .unwrap();

    assert_eq!(count, 2);
    let mut states: Vec<Value> = Vec::new();
    for (fact, state, received) in fixture.log(2).await {
        states.push(json!([
            format!("{fact:?}"),
            state.status,
            state.body,
            received.envelope.aggregate_version
        ]));
    }
    states.sort_by_key(Value::to_string);
    assert_eq!(
        states,
        [
            json!(["Deleted", "deleted", null, 2]),
            json!(["Edited", "approved", "kept and edited", 2])
        ]
    );
    fixture
        .comment(&fixture.bob, post, "the replica of posts was not lost")
        .await
        .expect(201);
    fixture.finish().await;
}
