//! What arrives or is committed after the deletion of a user.

use common::{
    event::{Event, ReportStatus, STREAM, Timestamp, UserFact},
    ids::UserId,
};
use mongodb::bson::{Document, doc};
use testkit::eventually;

use crate::fixture::{Fixture, user};

/// What a request leaves that was refused because its user was deleted after the report was committed.
#[tokio::test]
async fn a_report_that_was_refused_for_a_deleted_user_lapses() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    let report = fixture.report(&fixture.bob, "comment", comment.id, "spam").await;
    report.expect(201);
    let database = fixture.running.context().database().unwrap();
    let reports = database.collection::<Document>("reports");
    let uncounted = doc! { "$set": { "uncounted": true } };
    reports.update_one(doc! {}, uncounted).await.unwrap();

    let deleted = user(UserFact::Deleted, fixture.bob.id, Timestamp::now());
    fixture.publish(deleted, 2).await;

    fixture
        .until(&comment.path(), |case| case["report_count"] == 0)
        .await;
    let log = fixture.log("report", 2).await;
    let Event::Report(_, report) = &log[1].event else {
        panic!()
    };
    assert_eq!(report.status, ReportStatus::Lapsed);
    eventually("nothing remains to be counted", async || {
        let uncounted = doc! { "uncounted": { "$exists": true } };
        (reports.count_documents(uncounted).await.unwrap() == 0).then_some(())
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_event_of_a_user_that_arrives_after_the_deletion_stores_no_account() {
    let fixture = Fixture::start().await;
    let (bob, late) = (fixture.bob.id, fixture.ann.id);
    let now = Timestamp::now();
    fixture.publish(user(UserFact::Deleted, bob, now), 2).await;
    let database = fixture.running.context().database().unwrap();
    let count = async |collection: &str, id: UserId| {
        let documents = database.collection::<Document>(collection);
        documents
            .count_documents(doc! { "_id": id.to_string() })
            .await
            .unwrap()
    };
    eventually("the deletion is known", async || {
        (count("deleted_users", bob).await == 1).then_some(())
    })
    .await;

    for id in [bob, late] {
        fixture.publish(user(UserFact::ProfileUpdated, id, now), 1).await;
    }

    eventually("the events are handled", async || {
        let stream = fixture.bus.jetstream().get_stream(STREAM).await.unwrap();
        let info = stream.consumer_info("moderation-users").await.unwrap();
        (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
    })
    .await;
    assert_eq!(
        (count("accounts", bob).await, count("accounts", late).await),
        (0, 1)
    );
    fixture.finish().await;
}
