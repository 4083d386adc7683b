//! While a server is unavailable: no wrong response, no loss, and automatic recovery.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{DatabaseServer, OUTAGE_LIMIT, Response, TestDatabase, eventually};

use crate::fixture::{Comment, Fixture, banning, publish};

#[tokio::test]
async fn while_the_bus_is_down_decisions_and_reports_are_accepted_and_published_after_its_return() {
    let mut fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture.running.settled().await;
    fixture.nats.stop();

    fixture
        .report(&fixture.bob, "comment", comment.id, "spam")
        .await
        .expect(201);
    let reject = json!({ "decision": "reject", "reason": "spam", "revision": 1 });
    fixture.decide(&comment.path(), reject).await.expect(200);
    fixture.set_rules(banning("flubber")).await;
    let case = fixture.read(&comment.path()).await.expect(200);
    assert_eq!(case["outcome"], "rejected");

    fixture.nats.restart().await;
    assert_eq!(fixture.verdicts(2).await.len(), 2);
    assert_eq!(fixture.log("report", 2).await.len(), 2);
    assert_eq!(fixture.log("ruleset", 1).await.len(), 1);
    // Not `finish`: a killed server may have lost the latest acknowledgements of consumers, and redelivers those events
    // only after half a minute.
    fixture.running.stop().await;
    fixture.database.remove().await;
}

#[tokio::test]
async fn comments_that_arrive_while_it_is_stopped_are_judged_after_the_restart() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let (clean, bad) = (Comment::by(fixture.ann.id), Comment::by(fixture.ann.id));
    let bus = fixture.bus.clone();
    let fixture = fixture
        .restarted_after(async {
            publish(&bus, clean.created("A word."), 1).await;
            publish(&bus, bad.created("A flubber."), 1).await;
        })
        .await;
    assert_eq!(fixture.case_at(&clean.path(), 1).await["outcome"], "approved");
    assert_eq!(fixture.case_at(&bad.path(), 1).await["outcome"], "rejected");
    fixture.finish().await;
}

async fn timed(response: impl Future<Output = Response>) -> (Response, Duration) {
    let started = Instant::now();
    (response.await, started.elapsed())
}

/// Sends every kind of request and expects 503 within two seconds.
async fn all_unavailable(fixture: &Fixture, comment: &Comment) {
    let reject = json!({ "decision": "reject", "reason": "spam", "revision": 1 });
    let responses = [
        timed(fixture.read("queue")).await,
        timed(fixture.read(&comment.path())).await,
        timed(fixture.decide(&comment.path(), reject)).await,
        timed(fixture.report(&fixture.bob, "comment", comment.id, "spam")).await,
        timed(fixture.get(&fixture.bob, "reports/mine")).await,
        timed(fixture.read("rules")).await,
        timed(fixture.put("rules", &json!({ "rules": {} }))).await,
    ];
    for (response, elapsed) in responses {
        response.refused(503, "unavailable");
        assert!(response.headers.contains_key("retry-after"));
        assert!(elapsed < OUTAGE_LIMIT, "{elapsed:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_down_or_frozen_is_reported_within_two_seconds_and_nothing_is_lost() {
    let mut server = DatabaseServer::start().await;
    let fixture = Fixture::start_with(TestDatabase::on(&server.uri(), "moderation")).await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture.running.settled().await;

    server.freeze();
    all_unavailable(&fixture, &comment).await;
    let meanwhile = Comment::by(fixture.ann.id);
    fixture.publish(meanwhile.created("During the freeze."), 1).await;
    server.thaw();
    assert_eq!(fixture.case_at(&meanwhile.path(), 1).await["outcome"], "approved");

    server.stop();
    all_unavailable(&fixture, &comment).await;
    let meanwhile = Comment::by(fixture.ann.id);
    fixture.publish(meanwhile.created("During the crash."), 1).await;
    server.restart().await;
    assert_eq!(fixture.case_at(&meanwhile.path(), 1).await["outcome"], "approved");
    eventually("it is ready", async || {
        let reject = json!({ "decision": "reject", "reason": "spam", "revision": 1 });
        (fixture.decide(&comment.path(), reject).await.status == 200).then_some(())
    })
    .await;
    fixture.running.finish().await;
}
