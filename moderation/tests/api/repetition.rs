//! Redelivered events, a log that is read again, a second replica: no second verdict.

use common::event::{Event, PostFact};
use serde_json::{Value, json};
use testkit::eventually;

use crate::fixture::{Comment, Fixture, Post, banning};

#[tokio::test]
async fn an_event_that_is_delivered_many_times_results_in_one_verdict() {
    let fixture = Fixture::start().await;
    let comment = Comment::by(fixture.ann.id);
    let post = Post::by(fixture.ann.id);
    for _ in 0..6 {
        fixture.publish(comment.created("A word."), 1).await;
        fixture
            .publish(post.with_text(PostFact::Published, "Text.", "a"), 2)
            .await;
    }
    fixture.case_at(&comment.path(), 1).await;
    fixture.case_at(&post.path(), 2).await;
    assert_eq!(fixture.events("verdict").await, 2);
    fixture.finish().await;
}

/// As after `events replay`, or when a consumer is recreated.
#[tokio::test]
async fn a_log_that_is_read_again_changes_no_verdict_though_the_rules_have_changed() {
    let fixture = Fixture::start().await;
    let (approved, _) = fixture.judged("A flubber.").await;
    let (decided, _) = fixture.judged("Another flubber.").await;
    let reject = json!({ "decision": "reject", "reason": "spam", "revision": 1 });
    fixture.decide(&decided.path(), reject).await.expect(200);
    fixture.set_rules(banning("flubber")).await;
    let before = fixture.events("verdict").await;

    let stream = fixture.bus.jetstream().get_stream("BLOG").await.unwrap();
    stream.delete_consumer("moderation-comments").await.unwrap();
    let (last, case) = fixture.judged("A flubber at last.").await;
    assert_eq!(case["outcome"], "rejected");
    eventually("the log was read again", async || {
        let mut consumer: async_nats::jetstream::consumer::PullConsumer =
            stream.get_consumer("moderation-comments").await.ok()?;
        let info = consumer.info().await.ok()?;
        (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
    })
    .await;
    assert_eq!(fixture.events("verdict").await, before + 1);
    for (comment, outcome, version) in [
        (approved, "approved", 1),
        (decided, "rejected", 2),
        (last, "rejected", 1),
    ] {
        let case = fixture.read(&comment.path()).await.expect(200);
        assert_eq!(
            (&case["outcome"], &case["version"]),
            (&json!(outcome), &json!(version))
        );
    }
    fixture.finish().await;
}

#[tokio::test]
async fn two_replicas_share_the_work_and_judge_each_text_once() {
    let fixture = Fixture::start().await;
    let other = fixture.replica().await;
    let comments: Vec<_> = (0..60).map(|_| Comment::by(fixture.ann.id)).collect();
    for (number, comment) in comments.iter().enumerate() {
        // Twice: both replicas may judge it at the same time.
        let event = || comment.created(&format!("Word number {number}."));
        tokio::join!(fixture.publish(event(), 1), fixture.publish(event(), 1));
    }
    for comment in &comments {
        fixture.case_at(&comment.path(), 1).await;
    }
    other.settled().await;
    assert_eq!(fixture.events("verdict").await, comments.len());
    other.finish().await;
    fixture.finish().await;
}

#[tokio::test]
async fn events_of_one_comment_in_any_order_leave_the_newest_text_judged() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let comment = Comment::by(fixture.ann.id);
        for revision in order {
            let text = if revision == 3 { "A flubber." } else { "A word." };
            fixture
                .publish(comment.edited(revision, text), u64::from(revision))
                .await;
        }
        let case = fixture.case_at(&comment.path(), 3).await;
        assert_eq!(case["outcome"], "rejected", "{order:?}");
        fixture.running.settled().await;
        let case = fixture.read(&comment.path()).await.expect(200);
        assert_eq!(
            (&case["revision"], &case["outcome"]),
            (&json!(3), &json!("rejected")),
            "{order:?}"
        );
    }
    fixture.finish().await;
}

#[tokio::test]
async fn resync_restores_verdicts_reports_and_rules_in_a_lost_log() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let (comment, _) = fixture.judged("A word.").await;
    let (_, _) = fixture.judged("A flubber.").await;
    fixture
        .report(&fixture.bob, "comment", comment.id, "spam")
        .await
        .expect(201);
    let reject = json!({ "decision": "reject", "reason": "spam", "revision": 1 });
    fixture.decide(&comment.path(), reject).await.expect(200);
    fixture.running.settled().await;
    fixture.nats.delete_log().await;

    let count = moderation::service()
        .resync(fixture.running.context())
        .await
        .unwrap();
    assert_eq!(count, 4);
    let mut verdicts: Vec<Value> = Vec::new();
    for (state, received) in fixture.verdicts(2).await {
        verdicts.push(json!([state.outcome, received.envelope.aggregate_version]));
    }
    verdicts.sort_by_key(Value::to_string);
    assert_eq!(verdicts, [json!(["rejected", 1]), json!(["rejected", 2])]);
    let report = fixture.log("report", 1).await.remove(0);
    assert_eq!(report.type_name, "blog.report.resolved.v1");
    let rules = fixture.log("ruleset", 1).await.remove(0);
    assert!(matches!(rules.event, Event::Ruleset(..)));
    fixture.finish().await;
}
