//! Users report comments and posts; enough reports hold a text.

use common::{
    event::{DecidedBy, Event, Outcome, PostFact, ReportStatus, Role, UserFact},
    ids::{CommentId, PostId},
};
use futures::future::join_all;
use serde_json::{Value, json};
use testkit::{TestUser, eventually};

use crate::fixture::{Comment, Fixture, Post, user};

async fn mine(fixture: &Fixture, user: &TestUser) -> Vec<Value> {
    let page = fixture.get(user, "reports/mine").await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_report_is_filed_once_and_only_moderators_see_its_note() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let report = json!({
        "target": { "kind": "comment", "id": comment.id.to_string() }, "reason": "abuse", "note": "He means me.",
    });
    let response = fixture.post(&fixture.bob, "reports", &report).await;
    let filed = response.expect(201);
    assert_eq!(
        (&filed["status"], &filed["reason"], &filed["revision"]),
        (&json!("open"), &json!("abuse"), &json!(1))
    );
    let id = format!("{}:{}", comment.id, fixture.bob.id);
    assert_eq!(response.consistency_token(), format!("report:{id}@1"));
    let again = fixture.post(&fixture.bob, "reports", &report).await;
    assert_eq!(again.expect(200), filed);
    let mut other = report.clone();
    other["reason"] = json!("spam");
    fixture
        .post(&fixture.bob, "reports", &other)
        .await
        .refused(409, "already_exists");
    let mut other = report.clone();
    other["note"] = json!("In other words.");
    fixture
        .post(&fixture.bob, "reports", &other)
        .await
        .refused(409, "already_exists");

    assert_eq!(fixture.events("report").await, 1);
    let received = fixture.log("report", 1).await.remove(0);
    assert_eq!(received.aggregate_id, id);
    assert_eq!(received.envelope.actor, format!("user:{}", fixture.bob.id));
    assert!(!format!("{:?}", received.event).contains("He means"));
    let case = fixture.read(&comment.path()).await.expect(200);
    assert_eq!(case["report_count"], 1);
    assert_eq!(case["reports"][0]["note"], "He means me.");
    assert_eq!(case["outcome"], "approved", "one is not enough");
    assert_eq!(mine(&fixture, &fixture.bob).await, [filed]);
    assert_eq!(mine(&fixture, &fixture.ann).await, [] as [Value; 0]);
    fixture.finish().await;
}

#[tokio::test]
async fn invalid_reports_are_rejected() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let own = fixture.report(&fixture.ann, "comment", comment.id, "spam").await;
    own.refused(403, "own_content");
    let unknown = CommentId::generate();
    let rejected = fixture.report(&fixture.bob, "comment", unknown, "spam").await;
    rejected.refused(404, "not_found");
    let as_post = PostId::from_uuid(comment.id.as_uuid());
    let rejected = fixture.report(&fixture.bob, "post", as_post, "spam").await;
    rejected.refused(404, "not_found");
    // Only its author and moderators can have seen it.
    let (held, _) = fixture.judged("A http:// http:// x").await;
    let links = "http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example";
    fixture.publish(held.edited(2, links), 2).await;
    fixture.case_at(&held.path(), 2).await;
    let (unseen, case) = fixture.judged(&format!("{links} one more")).await;
    assert_eq!(case["outcome"], "flagged");
    fixture
        .report(&fixture.bob, "comment", unseen.id, "spam")
        .await
        .refused(404, "not_found");
    // This one had an earlier text that was public.
    fixture
        .report(&fixture.bob, "comment", held.id, "spam")
        .await
        .expect(201);

    let id = comment.id.to_string();
    for (body, field, code) in [
        (
            json!({ "target": { "kind": "user", "id": id }, "reason": "spam" }),
            "target.kind",
            "invalid_value",
        ),
        (
            json!({ "target": { "kind": "post", "id": "x" }, "reason": "spam" }),
            "target.id",
            "invalid_format",
        ),
        (
            json!({ "target": { "kind": "comment", "id": id } }),
            "reason",
            "required",
        ),
        (
            json!({ "target": { "kind": "comment", "id": id }, "reason": "ugly" }),
            "reason",
            "invalid_value",
        ),
        (
            json!({ "target": { "kind": "comment", "id": id }, "reason": "spam", "note": "x".repeat(1001) }),
            "note",
            "too_long",
        ),
    ] {
        let rejected = fixture.post(&fixture.bob, "reports", &body).await;
        rejected.refused_field(422, code, field);
    }
    let signed_out = fixture.running.client().post("/api/moderation/reports");
    signed_out
        .json(&json!({ "target": { "kind": "comment", "id": id }, "reason": "spam" }))
        .send()
        .await
        .refused(401, "unauthenticated");
    assert_eq!(fixture.events("report").await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn enough_reports_hold_a_comment_and_a_decision_resolves_them() {
    let fixture = Fixture::start().await;
    for (decision, outcome, status) in [
        (
            json!({ "decision": "reject", "reason": "abuse", "revision": 1 }),
            "rejected",
            "upheld",
        ),
        (
            json!({ "decision": "approve", "revision": 1 }),
            "approved",
            "dismissed",
        ),
    ] {
        let (comment, _) = fixture.judged(&format!("A word to be {outcome}.")).await;
        let reporters = fixture.reported_by(&comment, 2).await;
        let case = fixture.read(&comment.path()).await.expect(200);
        assert_eq!(
            (&case["outcome"], &case["report_count"]),
            (&json!("approved"), &json!(2))
        );
        fixture
            .report(&fixture.bob, "comment", comment.id, "spam")
            .await
            .expect(201);
        let case = fixture.read(&comment.path()).await.expect(200);
        assert_eq!(
            (&case["outcome"], &case["reason"], &case["decided_by"]),
            (&json!("flagged"), &json!("reported"), &json!("rules"))
        );
        assert_eq!(case["report_count"], 3);

        let case = fixture.decide(&comment.path(), decision).await.expect(200);
        assert_eq!(
            (&case["outcome"], &case["report_count"]),
            (&json!(outcome), &json!(0))
        );
        let own = mine(&fixture, &reporters[0]).await;
        assert_eq!((own.len(), &own[0]["status"]), (1, &json!(status)));
        assert!(own[0]["resolved_at"].is_string());
    }
    assert_eq!(fixture.events("report").await, 12, "filed and resolved");
    let (flagged, received) = fixture.verdicts(2).await.remove(1);
    assert_eq!(
        (flagged.outcome, flagged.decided_by),
        (Outcome::Flagged, DecidedBy::Rules)
    );
    assert_eq!(received.envelope.actor, "service:moderation");
    let resolved = fixture.log("report", 4).await.remove(3);
    let Event::Report(_, report) = resolved.event else {
        unreachable!()
    };
    assert_eq!(report.status, ReportStatus::Upheld);
    assert_eq!(resolved.envelope.actor, format!("user:{}", fixture.moderator.id));
    fixture.finish().await;
}

#[tokio::test]
async fn a_text_that_a_moderator_approved_is_not_held_and_later_reports_can_be_dismissed() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let approve = json!({ "decision": "approve", "revision": 1 });
    fixture.decide(&comment.path(), approve.clone()).await.expect(200);
    let reporters = fixture.reported_by(&comment, 4).await;
    let case = fixture.read(&comment.path()).await.expect(200);
    assert_eq!(
        (&case["outcome"], &case["report_count"]),
        (&json!("approved"), &json!(4))
    );
    let case = fixture.decide(&comment.path(), approve).await.expect(200);
    assert_eq!((&case["version"], &case["report_count"]), (&json!(2), &json!(0)));
    assert_eq!(mine(&fixture, &reporters[3]).await[0]["status"], "dismissed");
    assert_eq!(fixture.events("verdict").await, 2, "there is no new decision");
    fixture.finish().await;
}

#[tokio::test]
async fn an_edit_does_not_remove_reports() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture.reported_by(&comment, 3).await;
    fixture.publish(comment.edited(2, "A word!"), 4).await;
    let case = fixture.case_at(&comment.path(), 2).await;
    assert_eq!(
        (&case["outcome"], &case["reason"], &case["report_count"]),
        (&json!("flagged"), &json!("reported"), &json!(3))
    );
    let approve = json!({ "decision": "approve", "revision": 2 });
    fixture.decide(&comment.path(), approve).await.expect(200);
    fixture.publish(comment.edited(3, "A word!!"), 6).await;
    let case = fixture.case_at(&comment.path(), 3).await;
    assert_eq!(case["outcome"], "approved", "they were dismissed");
    fixture.finish().await;
}

#[tokio::test]
async fn a_resolved_report_can_be_filed_again_for_another_text() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let report = async |reason| fixture.report(&fixture.bob, "comment", comment.id, reason).await;
    report("spam").await.expect(201);
    let approve = json!({ "decision": "approve", "revision": 1 });
    fixture.decide(&comment.path(), approve).await.expect(200);
    assert_eq!(report("spam").await.expect(200)["status"], "dismissed");
    report("abuse").await.refused(409, "already_exists");
    fixture.publish(comment.edited(2, "A worse word."), 3).await;
    fixture.case_at(&comment.path(), 2).await;
    let again = report("abuse").await.expect(201);
    assert_eq!(
        (&again["status"], &again["revision"]),
        (&json!("open"), &json!(2))
    );
    assert_eq!(mine(&fixture, &fixture.bob).await.len(), 1);
    assert_eq!(fixture.events("report").await, 3);
    fixture.finish().await;
}

#[tokio::test]
async fn a_post_is_held_by_reports_too_and_moderators_set_the_threshold() {
    let fixture = Fixture::start().await;
    let post = Post::by(fixture.ann.id);
    fixture
        .publish(post.with_text(PostFact::Published, "Text.", "a"), 2)
        .await;
    fixture.case_at(&post.path(), 2).await;
    let reporter = async || fixture.issuer.user("reporter", Role::Author);
    let report = async |user: &TestUser| {
        fixture.report(user, "post", post.id, "illegal").await.expect(201);
        fixture.read(&post.path()).await.expect(200)["outcome"].clone()
    };
    fixture.set_rules(json!({ "report_threshold": 0 })).await;
    for _ in 0..4 {
        assert_eq!(report(&reporter().await).await, "approved", "0 means never");
    }
    fixture.set_rules(json!({ "report_threshold": 5 })).await;
    assert_eq!(report(&reporter().await).await, "flagged");
    fixture.finish().await;
}

#[tokio::test]
async fn concurrent_reports_are_all_counted_and_hold_the_text_once() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let reporters: Vec<_> = (0..24)
        .map(|_| fixture.issuer.user("one-of-many", Role::Author))
        .collect();
    // Each twice at the same time, as by a double click.
    let twice = reporters.iter().chain(&reporters);
    let responses = join_all(twice.map(|user| fixture.report(user, "comment", comment.id, "abuse"))).await;
    let filed = responses.iter().filter(|response| response.status == 201).count();
    assert_eq!(filed, reporters.len());
    assert!(
        responses
            .iter()
            .all(|response| [200, 201].contains(&response.status))
    );
    let case = fixture.read(&comment.path()).await.expect(200);
    assert_eq!(
        (&case["outcome"], &case["report_count"]),
        (&json!("flagged"), &json!(24))
    );
    assert_eq!(fixture.events("verdict").await, 2);

    let reject = json!({ "decision": "reject", "reason": "abuse", "revision": 1 });
    fixture.decide(&comment.path(), reject).await.expect(200);
    assert_eq!(fixture.events("report").await, 48);
    fixture.finish().await;
}

#[tokio::test]
async fn more_reports_than_a_request_resolves_are_resolved_in_the_background() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let reporters: Vec<_> = (0..130)
        .map(|_| fixture.issuer.user("one-of-many", Role::Author))
        .collect();
    for some in reporters.chunks(10) {
        let reports = some
            .iter()
            .map(|user| fixture.report(user, "comment", comment.id, "abuse"));
        for response in join_all(reports).await {
            response.expect(201);
        }
    }
    let reject = json!({ "decision": "reject", "reason": "abuse", "revision": 1 });
    fixture.decide(&comment.path(), reject).await.expect(200);
    fixture
        .until(&comment.path(), |case| case["report_count"] == 0)
        .await;
    assert_eq!(fixture.events("report").await, 260);
    fixture.finish().await;
}

#[tokio::test]
async fn the_notes_of_a_deleted_user_are_removed() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let report = json!({
        "target": { "kind": "comment", "id": comment.id.to_string() }, "reason": "abuse", "note": "He means me.",
    });
    fixture.post(&fixture.bob, "reports", &report).await.expect(201);
    let deleted = user(UserFact::Deleted, fixture.bob.id, common::event::Timestamp::now());
    fixture.publish(deleted, 2).await;
    let case = fixture
        .until(&comment.path(), |case| case["reports"][0]["note"] == Value::Null)
        .await;
    assert_eq!(case["report_count"], 1, "the report itself stays open");
    let queue = fixture.read("queue?status=reported").await.expect(200);
    assert_eq!(queue["items"][0]["reports"][0]["note"], Value::Null);
    assert_eq!(queue["items"][0]["report_count"], 1);
    fixture.finish().await;
}

#[tokio::test]
async fn own_reports_are_paged_newest_first() {
    let fixture = Fixture::start().await;
    let mut filed = Vec::new();
    for number in 0..5 {
        let (comment, _) = fixture.judged(&format!("Word number {number}.")).await;
        fixture
            .report(&fixture.bob, "comment", comment.id, "spam")
            .await
            .expect(201);
        filed.insert(0, comment.id.to_string());
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("reports/mine?limit=2&cursor={cursor}");
        let page = fixture.get(&fixture.bob, &path).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(
            items
                .iter()
                .map(|item| item["target"]["id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, filed);
    fixture
        .get(&fixture.bob, "reports/mine?cursor=x")
        .await
        .refused(400, "invalid_cursor");
    fixture.finish().await;
}

#[tokio::test]
async fn a_report_that_was_not_counted_is_counted_later() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture.reported_by(&comment, 3).await;
    fixture.running.settled().await;
    // As if the process had been killed right after each report was stored.
    let database = fixture.running.context().database().unwrap();
    let reports = database.collection::<mongodb::bson::Document>("reports");
    let all = mongodb::bson::doc! {};
    let uncounted = mongodb::bson::doc! { "$set": { "uncounted": true } };
    reports.update_many(all.clone(), uncounted).await.unwrap();
    let verdicts = database.collection::<mongodb::bson::Document>("verdicts");
    let unsummed = mongodb::bson::doc! { "$unset": { "reports": "" } };
    verdicts.update_many(all, unsummed).await.unwrap();

    let commands =
        moderation::commands::Commands::new(fixture.running.context().storage().unwrap(), "blog.example");
    commands
        .complete_interrupted(std::time::Duration::ZERO)
        .await
        .unwrap();
    let case = fixture.read(&comment.path()).await.expect(200);
    assert_eq!(case["report_count"], 3);
    eventually("all are counted", async || {
        let left = mongodb::bson::doc! { "uncounted": { "$exists": true } };
        (reports.count_documents(left).await.ok()? == 0).then_some(())
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_report_that_cannot_be_counted_holds_up_no_others() {
    let fixture = Fixture::start().await;
    let mut comments = Vec::new();
    for _ in 0..2 {
        let comment = Comment::by(fixture.ann.id);
        fixture.publish(comment.created("A word."), 1).await;
        fixture.case_at(&comment.path(), 1).await;
        fixture.reported_by(&comment, 3).await;
        comments.push(comment);
    }
    fixture.running.settled().await;
    let database = fixture.running.context().database().unwrap();
    let reports = database.collection::<mongodb::bson::Document>("reports");
    let uncounted = mongodb::bson::doc! { "$set": { "uncounted": true } };
    reports
        .update_many(mongodb::bson::doc! {}, uncounted)
        .await
        .unwrap();
    let verdicts = database.collection::<mongodb::bson::Document>("verdicts");
    let first = mongodb::bson::doc! { "_id": comments[0].id.to_string() };
    // As a newer release may have written it: this one cannot hold the comment.
    let unreadable = mongodb::bson::doc! { "$set": { "state.decision": "none" } };
    verdicts.update_one(first, unreadable).await.unwrap();

    let storage = fixture.running.context().storage().unwrap();
    let commands = moderation::commands::Commands::new(storage, "blog.example");
    let failed = commands.complete_interrupted(std::time::Duration::ZERO).await;
    assert!(failed.is_err());
    let left = reports.distinct(
        "state.target.id",
        mongodb::bson::doc! { "uncounted": { "$exists": true } },
    );
    let left: Vec<_> = left.await.unwrap();
    assert_eq!(left, [mongodb::bson::Bson::from(comments[0].id.to_string())]);
    fixture.finish().await;
}

#[tokio::test]
async fn reports_of_one_comment_do_not_affect_another() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let unrelated = Comment::by(fixture.ann.id);
    fixture.publish(unrelated.created("Another word."), 1).await;
    fixture.case_at(&unrelated.path(), 1).await;
    fixture.reported_by(&comment, 3).await;
    let other = fixture.read(&unrelated.path()).await.expect(200);
    assert_eq!(
        (&other["outcome"], &other["report_count"]),
        (&json!("approved"), &json!(0))
    );
    fixture.finish().await;
}
