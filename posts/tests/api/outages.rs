//! Outages of the bus and the database.

use std::time::Instant;

use common::event::PostFact;
use serde_json::json;
use testkit::{DatabaseServer, OUTAGE_LIMIT, TestDatabase, eventually};

use crate::fixture::Fixture;

#[tokio::test]
async fn without_the_bus_writes_succeed_and_are_published_later() {
    let mut fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let before = ann.write("Before", "published").await;
    fixture.running().settled().await;
    fixture.nats.stop();

    let id = ann.write("Meanwhile", "published").await;
    ann.edit(&id, &json!({ "title": "Meanwhile, changed" }))
        .await
        .expect(200);
    ann.delete(&before).await.expect(204);
    assert_eq!(ann.read(&id).await.expect(200)["version"], 2);

    fixture.nats.restart().await;
    assert_eq!(
        fixture.facts_of(&id).await,
        [PostFact::Published, PostFact::Updated]
    );
    assert_eq!(
        fixture.facts_of(&before).await,
        [PostFact::Published, PostFact::Deleted]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn without_the_database_requests_return_503_within_two_seconds_until_it_is_back() {
    let mut server = DatabaseServer::start().await;
    let fixture = Fixture::on(TestDatabase::on(&server.uri(), "posts"), Default::default()).await;
    let ann = fixture.author("ann");
    let id = ann.write("Kept", "published").await;
    fixture.running().settled().await;
    server.stop();

    for _ in 0..2 {
        let began = Instant::now();
        let body = json!({ "title": "Lost", "body": "x" });
        let (created, read) = tokio::join!(ann.post(&body), ann.read(&id));
        assert!(began.elapsed() < OUTAGE_LIMIT, "{:?}", began.elapsed());
        for answer in [created, read] {
            answer.refused(503, "unavailable");
            assert_ne!(answer.header("retry-after"), "");
        }
    }
    server.restart().await;
    eventually("the service recovers", async || {
        (ann.read(&id).await.status == 200).then_some(())
    })
    .await;
    ann.write("After", "published").await;
    assert_eq!(
        ann.get("/api/posts/mine").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_database_that_hangs_causes_503_within_two_seconds() {
    let server = DatabaseServer::start().await;
    let fixture = Fixture::on(TestDatabase::on(&server.uri(), "posts"), Default::default()).await;
    let ann = fixture.author("ann");
    let id = ann.write("Kept", "published").await;
    fixture.running().settled().await;
    server.freeze();

    let began = Instant::now();
    let change = json!({ "title": "Changed" });
    let (edited, listed) = tokio::join!(ann.edit(&id, &change), ann.get("/api/posts/mine"));
    assert!(began.elapsed() < OUTAGE_LIMIT, "{:?}", began.elapsed());
    edited.refused(503, "unavailable");
    listed.refused(503, "unavailable");

    server.thaw();
    eventually("the service recovers", async || {
        let answer = ann.edit(&id, &change).await;
        (answer.status == 200).then_some(())
    })
    .await;
    assert_eq!(
        fixture.facts_of(&id).await,
        [PostFact::Published, PostFact::Updated]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn resync_refills_a_lost_log() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let public = ann.write("Public", "published").await;
    ann.edit(&public, &json!({ "title": "Renamed" }))
        .await
        .expect(200);
    let draft = ann.write("Draft", "draft").await;
    let gone = ann.write("Gone", "published").await;
    ann.client
        .put(&format!("/api/posts/{public}/reaction"))
        .send()
        .await
        .expect(200);
    ann.delete(&gone).await.expect(204);
    let mut expected = Vec::new();
    for id in [&public, &draft, &gone] {
        expected.push(fixture.events_of(id).await.pop().unwrap());
    }
    fixture.nats.delete_log().await;

    let count = posts::service()
        .resync(fixture.running().context())
        .await
        .unwrap();

    assert_eq!(count, 4);
    for (id, last) in [&public, &draft, &gone].into_iter().zip(expected) {
        assert_eq!(fixture.events_of(id).await, [last]);
    }
    assert_eq!(fixture.reaction_facts().await.len(), 1);
    fixture.finish().await;
}
