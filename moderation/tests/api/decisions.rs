//! Moderators decide, and change their decisions.

use std::time::Duration;

use common::{
    event::{DecidedBy, Event, Outcome, Timestamp, VerdictFact},
    ids::{CommentId, PostId},
};
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::fixture::{Comment, Fixture, banning};

fn approve(revision: u64) -> Value {
    json!({ "decision": "approve", "revision": revision })
}

fn reject(revision: u64, reason: &str) -> Value {
    json!({ "decision": "reject", "reason": reason, "revision": revision })
}

#[tokio::test]
async fn a_decision_is_an_event_with_its_actor_and_can_be_reverted() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let with_note =
        json!({ "decision": "reject", "reason": "off_topic", "note": "Not here.", "revision": 1 });
    let response = fixture.decide(&comment.path(), with_note).await;
    let case = response.expect(200);
    assert_eq!(response.header("etag"), "\"2\"");
    assert_eq!(response.consistency_token(), format!("verdict:{}@2", comment.id));
    assert_eq!(
        (
            &case["outcome"],
            &case["reason"],
            &case["note"],
            &case["decided_by"]
        ),
        (
            &json!("rejected"),
            &json!("off_topic"),
            &json!("Not here."),
            &json!("moderator")
        )
    );
    assert_eq!(case["moderator_id"], json!(fixture.moderator.id.to_string()));
    let case = fixture.decide(&comment.path(), approve(1)).await.expect(200);
    assert_eq!(
        (&case["outcome"], &case["note"]),
        (&json!("approved"), &Value::Null)
    );
    let history: Vec<_> = case["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|past| {
            (
                past["outcome"].as_str().unwrap(),
                past["decided_by"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(history, [("approved", "rules"), ("rejected", "moderator")]);

    let verdicts = fixture.verdicts(3).await;
    let (rejected, received) = &verdicts[1];
    assert_eq!(
        (rejected.outcome, rejected.decided_by, rejected.note.as_deref()),
        (Outcome::Rejected, DecidedBy::Moderator, Some("Not here."))
    );
    assert_eq!(received.envelope.actor, format!("user:{}", fixture.moderator.id));
    assert!(matches!(
        verdicts[2].1.event,
        Event::Verdict(VerdictFact::Approved, _)
    ));
    fixture.finish().await;
}

#[tokio::test]
async fn the_same_decision_twice_is_one_decision() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    for _ in 0..2 {
        let response = fixture.decide(&comment.path(), reject(1, "spam")).await;
        response.expect(200);
        assert_eq!(response.header("etag"), "\"2\"");
    }
    assert_eq!(fixture.events("verdict").await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn a_moderators_decision_outweighs_the_rules_for_the_same_text_only() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    let (comment, case) = fixture.judged("A flubber.").await;
    assert_eq!(case["outcome"], "rejected");
    fixture.decide(&comment.path(), approve(1)).await.expect(200);

    // The event again, then an edit, then back to the text that a moderator approved.
    fixture.publish(comment.created("A flubber."), 1).await;
    fixture.publish(comment.edited(2, "Two flubber."), 3).await;
    let case = fixture.case_at(&comment.path(), 2).await;
    assert_eq!(
        (&case["outcome"], &case["decided_by"]),
        (&json!("rejected"), &json!("rules"))
    );
    fixture.publish(comment.edited(3, "A flubber."), 5).await;
    let case = fixture.case_at(&comment.path(), 3).await;
    assert_eq!(
        (&case["outcome"], &case["decided_by"]),
        (&json!("approved"), &json!("moderator"))
    );
    assert_eq!(fixture.events("verdict").await, 4);
    fixture.finish().await;
}

#[tokio::test]
async fn a_decision_on_another_text_than_the_current_one_is_rejected() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("First.").await;
    fixture.publish(comment.edited(2, "Second."), 2).await;
    fixture.case_at(&comment.path(), 2).await;
    let rejected = fixture.decide(&comment.path(), reject(1, "spam")).await;
    let problem = rejected.refused(409, "text_changed");
    assert_eq!(problem["errors"][0]["field"], "revision");
    assert_eq!(fixture.events("verdict").await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn if_match_is_the_version_that_the_moderator_has_read() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let put = async |version: &str, body: Value| {
        let path = format!("/api/moderation/{}", comment.path());
        let request = fixture.client(&fixture.moderator).put(&path);
        request.header("if-match", version).json(&body).send().await
    };
    put("\"1\"", reject(1, "spam")).await.expect(200);
    let rejected = put("\"1\"", approve(1)).await;
    rejected.refused(412, "version_mismatch");
    assert_eq!(rejected.header("etag"), "\"2\"");
    put("\"2\"", approve(1)).await.expect(200);
    assert_eq!(fixture.events("verdict").await, 3);
    fixture.finish().await;
}

#[tokio::test]
async fn an_invalid_decision_is_rejected_by_its_field() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let long = "x".repeat(501);
    for (body, field, code) in [
        (
            json!({ "decision": "reject", "revision": 1 }),
            "reason",
            "required",
        ),
        (
            json!({ "decision": "approve", "reason": "spam", "revision": 1 }),
            "reason",
            "invalid_value",
        ),
        (
            json!({ "decision": "reject", "reason": "Two words", "revision": 1 }),
            "reason",
            "invalid_format",
        ),
        (
            json!({ "decision": "perhaps", "revision": 1 }),
            "decision",
            "invalid_value",
        ),
        (json!({ "decision": "approve" }), "revision", "required"),
        (
            json!({ "decision": "approve", "revision": 1, "note": long }),
            "note",
            "too_long",
        ),
        (
            json!({ "decision": "approve", "revision": 1, "nOte": "" }),
            "nOte",
            "unknown_field",
        ),
    ] {
        let problem = fixture
            .decide(&comment.path(), body.clone())
            .await
            .refused(422, "validation_failed");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code)),
            "{body}"
        );
    }
    let unknown = format!("comments/{}", CommentId::generate());
    fixture
        .decide(&unknown, approve(1))
        .await
        .refused(404, "not_found");
    // There is no post with this id.
    let as_post = format!("posts/{}", PostId::from_uuid(comment.id.as_uuid()));
    fixture
        .decide(&as_post, approve(1))
        .await
        .refused(404, "not_found");
    fixture.read(&as_post).await.refused(404, "not_found");
    assert_eq!(fixture.events("verdict").await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn only_moderators_may_read_and_decide() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let path = comment.path();
    let signed_out = fixture.running.client();
    for path in [
        path.as_str(),
        "queue",
        "rules",
        "rules/history",
        "rules/history/1",
    ] {
        fixture.get(&fixture.ann, path).await.refused(403, "forbidden");
        let full = format!("/api/moderation/{path}");
        signed_out.get(&full).send().await.refused(401, "unauthenticated");
    }
    for (path, body) in [(path.as_str(), approve(1)), ("rules", json!({ "rules": {} }))] {
        let full = format!("/api/moderation/{path}");
        let request = fixture.client(&fixture.ann).put(&full).json(&body);
        request.send().await.refused(403, "forbidden");
        signed_out
            .put(&full)
            .json(&body)
            .send()
            .await
            .refused(401, "unauthenticated");
    }
    let trial = json!({ "text": "x" });
    fixture
        .post(&fixture.ann, "rules/try", &trial)
        .await
        .refused(403, "forbidden");
    assert_eq!(fixture.events("verdict").await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn concurrent_decisions_and_edits_leave_the_newest_text_judged_and_no_decision_lost() {
    let fixture = Fixture::start().await;
    fixture.set_rules(banning("flubber")).await;
    for round in 0..8 {
        let (comment, _) = fixture.judged(&format!("Word {round}.")).await;
        let path = comment.path();
        let edit = fixture.publish(comment.edited(2, &format!("A flubber {round}.")), 2);
        let decisions = join_all((0..3).map(|_| fixture.decide(&path, reject(1, "spam"))));
        let (_, responses) = tokio::join!(edit, decisions);
        let case = fixture.case_at(&path, 2).await;
        assert_eq!(
            (&case["outcome"], &case["decided_by"], &case["reason"]),
            (&json!("rejected"), &json!("rules"), &json!("banned_phrase"))
        );
        let succeeded = responses.iter().filter(|response| response.status == 200).count();
        let decisions = case["history"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|past| past["decided_by"] == "moderator")
            .count();
        assert_eq!(
            decisions,
            usize::from(succeeded > 0),
            "the same decision is made once"
        );
        for response in responses.iter().filter(|response| response.status != 200) {
            response.refused(409, "text_changed");
        }
    }
    fixture.finish().await;
}

#[tokio::test]
async fn of_concurrent_decisions_on_the_same_version_one_succeeds() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let path = format!("/api/moderation/{}", comment.path());
    let reasons = ["spam", "abuse", "off_topic", "illegal", "other"];
    let responses = join_all(reasons.map(|reason| {
        let request = fixture.client(&fixture.moderator).put(&path);
        request
            .header("if-match", "\"1\"")
            .json(&reject(1, reason))
            .send()
    }))
    .await;
    let succeeded = responses.iter().filter(|response| response.status == 200).count();
    assert_eq!(succeeded, 1);
    for response in responses.iter().filter(|response| response.status != 200) {
        response.refused(412, "version_mismatch");
    }
    assert_eq!(fixture.events("verdict").await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn an_unknown_comment_is_not_found() {
    let fixture = Fixture::start().await;
    let comment = Comment::by(fixture.ann.id);
    fixture.read(&comment.path()).await.refused(404, "not_found");
    fixture.read("comments/not-an-id").await.refused(404, "not_found");
    fixture.finish().await;
}

#[tokio::test]
async fn a_decision_resolves_earlier_reports_though_the_clock_of_their_replica_is_ahead() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture
        .report(&fixture.bob, "comment", comment.id, "spam")
        .await
        .expect(201);
    let database = fixture.running.context().database().unwrap();
    let reports = database.collection::<Document>("reports");
    let ahead = Timestamp::now().plus(Duration::from_secs(3600)).to_string();
    let filed = doc! { "$set": { "state.filed_at": ahead } };
    reports.update_one(doc! {}, filed).await.unwrap();

    let case = fixture
        .decide(&comment.path(), reject(1, "spam"))
        .await
        .expect(200);
    assert_eq!(case["reports"][0]["status"], "upheld");
    assert_eq!(case["report_count"], 0);
    fixture.finish().await;
}
