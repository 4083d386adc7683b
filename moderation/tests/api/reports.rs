//! People report comments and posts; enough of them hold one.

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
async fn a_report_is_filed_once_and_its_words_stay_with_the_moderators() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let report = json!({
        "target": { "kind": "comment", "id": comment.id.to_string() }, "reason": "abuse", "note": "He means me.",
    });
    let answer = fixture.post(&fixture.bob, "reports", &report).await;
    let filed = answer.expect(201);
    assert_eq!(
        (&filed["status"], &filed["reason"], &filed["revision"]),
        (&json!("open"), &json!("abuse"), &json!(1))
    );
    let id = format!("{}:{}", comment.id, fixture.bob.id);
    assert_eq!(answer.consistency_token(), format!("report:{id}@1"));
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
    let case = fixture.look(&comment.path()).await.expect(200);
    assert_eq!(case["report_count"], 1);
    assert_eq!(case["reports"][0]["note"], "He means me.");
    assert_eq!(case["outcome"], "approved", "one is not enough");
    assert_eq!(mine(&fixture, &fixture.bob).await, [filed]);
    assert_eq!(mine(&fixture, &fixture.ann).await, [] as [Value; 0]);
    fixture.finish().await;
}

#[tokio::test]
async fn what_cannot_be_reported_is_refused() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let own = fixture.report(&fixture.ann, "comment", comment.id, "spam").await;
    own.refused(403, "own_content");
    let unknown = CommentId::generate();
    let refused = fixture.report(&fixture.bob, "comment", unknown, "spam").await;
    refused.refused(404, "not_found");
    let as_post = PostId::from_uuid(comment.id.as_uuid());
    let refused = fixture.report(&fixture.bob, "post", as_post, "spam").await;
    refused.refused(404, "not_found");
    // Nobody but its author and moderators can have seen it.
    let (held, _) = fixture.judged("A http:// http:// x").await;
    let links = "http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example";
    fixture.say(held.edited(2, links), 2).await;
    fixture.stands(&held.path(), 2).await;
    let (unseen, case) = fixture.judged(&format!("{links} one more")).await;
    assert_eq!(case["outcome"], "flagged");
    fixture
        .report(&fixture.bob, "comment", unseen.id, "spam")
        .await
        .refused(404, "not_found");
    // This one had another text that was public.
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
        let refused = fixture.post(&fixture.bob, "reports", &body).await;
        refused.refused_field(422, code, field);
    }
    let nobody = fixture.running.client().post("/api/moderation/reports");
    nobody
        .json(&json!({ "target": { "kind": "comment", "id": id }, "reason": "spam" }))
        .send()
        .await
        .refused(401, "unauthenticated");
    assert_eq!(fixture.events("report").await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn enough_reports_hold_a_comment_and_a_decision_settles_them() {
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
        let people = fixture.reported_by(&comment, 2).await;
        let case = fixture.look(&comment.path()).await.expect(200);
        assert_eq!(
            (&case["outcome"], &case["report_count"]),
            (&json!("approved"), &json!(2))
        );
        fixture
            .report(&fixture.bob, "comment", comment.id, "spam")
            .await
            .expect(201);
        let case = fixture.look(&comment.path()).await.expect(200);
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
        let own = mine(&fixture, &people[0]).await;
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
async fn what_a_moderator_approved_is_not_held_by_reports_and_they_can_be_dismissed_again() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let approve = json!({ "decision": "approve", "revision": 1 });
    fixture.decide(&comment.path(), approve.clone()).await.expect(200);
    let people = fixture.reported_by(&comment, 4).await;
    let case = fixture.look(&comment.path()).await.expect(200);
    assert_eq!(
        (&case["outcome"], &case["report_count"]),
        (&json!("approved"), &json!(4))
    );
    let case = fixture.decide(&comment.path(), approve).await.expect(200);
    assert_eq!((&case["version"], &case["report_count"]), (&json!(2), &json!(0)));
    assert_eq!(mine(&fixture, &people[3]).await[0]["status"], "dismissed");
    assert_eq!(fixture.events("verdict").await, 2, "nothing new was decided");
    fixture.finish().await;
}

#[tokio::test]
async fn an_edit_does_not_shake_reports_off() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture.reported_by(&comment, 3).await;
    fixture.say(comment.edited(2, "A word!"), 4).await;
    let case = fixture.stands(&comment.path(), 2).await;
    assert_eq!(
        (&case["outcome"], &case["reason"], &case["report_count"]),
        (&json!("flagged"), &json!("reported"), &json!(3))
    );
    let approve = json!({ "decision": "approve", "revision": 2 });
    fixture.decide(&comment.path(), approve).await.expect(200);
    fixture.say(comment.edited(3, "A word!!"), 6).await;
    let case = fixture.stands(&comment.path(), 3).await;
    assert_eq!(case["outcome"], "approved", "they were dismissed");
    fixture.finish().await;
}

#[tokio::test]
async fn a_settled_report_can_be_filed_anew_of_another_text() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let report = async |reason| fixture.report(&fixture.bob, "comment", comment.id, reason).await;
    report("spam").await.expect(201);
    let approve = json!({ "decision": "approve", "revision": 1 });
    fixture.decide(&comment.path(), approve).await.expect(200);
    assert_eq!(report("spam").await.expect(200)["status"], "dismissed");
    report("abuse").await.refused(409, "already_exists");
    fixture.say(comment.edited(2, "A worse word."), 3).await;
    fixture.stands(&comment.path(), 2).await;
    let anew = report("abuse").await.expect(201);
    assert_eq!((&anew["status"], &anew["revision"]), (&json!("open"), &json!(2)));
    assert_eq!(mine(&fixture, &fixture.bob).await.len(), 1);
    assert_eq!(fixture.events("report").await, 3);
    fixture.finish().await;
}

#[tokio::test]
async fn a_post_is_held_by_reports_too_and_the_threshold_is_the_moderators_to_set() {
    let fixture = Fixture::start().await;
    let post = Post::by(fixture.ann.id);
    fixture.say(post.says(PostFact::Published, "Text.", "a"), 2).await;
    fixture.stands(&post.path(), 2).await;
    let reporter = async || fixture.issuer.user("somebody", Role::Author);
    let report = async |user: &TestUser| {
        fixture.report(user, "post", post.id, "illegal").await.expect(201);
        fixture.look(&post.path()).await.expect(200)["outcome"].clone()
    };
    fixture.set_rules(json!({ "report_threshold": 0 })).await;
    for _ in 0..4 {
        assert_eq!(report(&reporter().await).await, "approved", "0 is never");
    }
    fixture.set_rules(json!({ "report_threshold": 5 })).await;
    assert_eq!(report(&reporter().await).await, "flagged");
    fixture.finish().await;
}

#[tokio::test]
async fn many_reports_at_once_are_all_counted_and_hold_once() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let people: Vec<_> = (0..24)
        .map(|_| fixture.issuer.user("one-of-many", Role::Author))
        .collect();
    // Each twice at the same time, as a double click does.
    let twice = people.iter().chain(&people);
    let answers = join_all(twice.map(|user| fixture.report(user, "comment", comment.id, "abuse"))).await;
    let filed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(filed, people.len());
    assert!(answers.iter().all(|answer| [200, 201].contains(&answer.status)));
    let case = fixture.look(&comment.path()).await.expect(200);
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
async fn more_reports_than_a_request_settles_are_settled_all_the_same() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let people: Vec<_> = (0..130)
        .map(|_| fixture.issuer.user("one-of-many", Role::Author))
        .collect();
    for some in people.chunks(10) {
        let reports = some
            .iter()
            .map(|user| fixture.report(user, "comment", comment.id, "abuse"));
        for answer in join_all(reports).await {
            answer.expect(201);
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
async fn the_words_of_somebody_who_left_are_forgotten() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let report = json!({
        "target": { "kind": "comment", "id": comment.id.to_string() }, "reason": "abuse", "note": "He means me.",
    });
    fixture.post(&fixture.bob, "reports", &report).await.expect(201);
    let gone = user(UserFact::Deleted, fixture.bob.id, common::event::Timestamp::now());
    fixture.say(gone, 2).await;
    let case = fixture
        .until(&comment.path(), |case| case["reports"][0]["note"] == Value::Null)
        .await;
    assert_eq!(
        case["report_count"], 1,
        "what they reported is still to be looked at"
    );
    let queue = fixture.look("queue?status=reported").await.expect(200);
    assert_eq!(queue["items"][0]["reports"][0]["note"], Value::Null);
    assert_eq!(queue["items"][0]["report_count"], 1);
    fixture.finish().await;
}

#[tokio::test]
async fn one_s_own_reports_come_in_pages_newest_first() {
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
async fn a_report_that_nobody_weighed_is_weighed_later() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture.reported_by(&comment, 3).await;
    fixture.running.settled().await;
    // As if the process had ended right after each report was stored.
    let database = fixture.running.context().database().unwrap();
    let reports = database.collection::<mongodb::bson::Document>("reports");
    let all = mongodb::bson::doc! {};
    let uncounted = mongodb::bson::doc! { "$set": { "uncounted": true } };
    reports.update_many(all.clone(), uncounted).await.unwrap();
    let verdicts = database.collection::<mongodb::bson::Document>("verdicts");
    let unsummed = mongodb::bson::doc! { "$unset": { "reports": "" } };
    verdicts.update_many(all, unsummed).await.unwrap();

    let commands = moderation::commands::Commands::new(fixture.running.context().storage().unwrap());
    commands
        .settle_left_overs(std::time::Duration::ZERO)
        .await
        .unwrap();
    let case = fixture.look(&comment.path()).await.expect(200);
    assert_eq!(case["report_count"], 3);
    eventually("all are weighed", async || {
        let left = mongodb::bson::doc! { "uncounted": { "$exists": true } };
        (reports.count_documents(left).await.ok()? == 0).then_some(())
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn reports_of_what_a_comment_says_are_about_the_comment() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let unrelated = Comment::by(fixture.ann.id);
    fixture.say(unrelated.created("Another word."), 1).await;
    fixture.stands(&unrelated.path(), 1).await;
    fixture.reported_by(&comment, 3).await;
    let other = fixture.look(&unrelated.path()).await.expect(200);
    assert_eq!(
        (&other["outcome"], &other["report_count"]),
        (&json!("approved"), &json!(0))
    );
    fixture.finish().await;
}
