//! The text of deleted content is removed, in whatever order the events arrive.

use common::event::{PostFact, ReportStatus};
use mongodb::bson::{Document, doc};
use serde_json::json;

use crate::fixture::{Comment, Fixture, Post};

async fn texts(fixture: &Fixture) -> u64 {
    let database = fixture.running.context().database().unwrap();
    let verdicts = database.collection::<Document>("verdicts");
    let any = doc! { "$or": [
        { "text": { "$exists": true } }, { "findings": { "$exists": true } }, { "author_id": { "$exists": true } },
    ] };
    verdicts.count_documents(any).await.unwrap()
}

#[tokio::test]
async fn the_text_of_a_deleted_comment_is_removed_and_it_can_neither_be_decided_nor_reported() {
    let fixture = Fixture::start().await;
    let (comment, _) = fixture.judged("A word.").await;
    fixture
        .report(&fixture.bob, "comment", comment.id, "spam")
        .await
        .expect(201);
    fixture.publish(comment.deleted(), 2).await;
    fixture.events("report").await;
    fixture.read(&comment.path()).await.refused(410, "gone");
    assert_eq!(texts(&fixture).await, 0);
    let reject = json!({ "decision": "reject", "reason": "spam", "revision": 1 });
    fixture.decide(&comment.path(), reject).await.refused(410, "gone");
    fixture
        .report(&fixture.moderator, "comment", comment.id, "spam")
        .await
        .refused(410, "gone");
    for status in ["flagged", "approved", "reported"] {
        let queue = fixture.read(&format!("queue?status={status}")).await.expect(200);
        assert_eq!(queue["items"], json!([]), "{status}");
    }
    let own = fixture.get(&fixture.bob, "reports/mine").await.expect(200);
    assert_eq!(own["items"][0]["status"], json!(ReportStatus::Lapsed));
    assert_eq!(fixture.events("verdict").await, 1);
    assert_eq!(fixture.events("report").await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn a_text_that_arrives_after_its_deletion_is_not_kept() {
    let fixture = Fixture::start().await;
    let comment = Comment::by(fixture.ann.id);
    fixture.publish(comment.deleted(), 3).await;
    fixture.running.settled().await;
    fixture.publish(comment.created("Too late."), 1).await;
    fixture.publish(comment.edited(2, "Later."), 2).await;
    fixture.events("verdict").await;
    fixture.read(&comment.path()).await.refused(410, "gone");
    assert_eq!(texts(&fixture).await, 0);

    let post = Post::by(fixture.ann.id);
    fixture.publish(post.deleted(), 3).await;
    fixture
        .publish(post.with_text(PostFact::Published, "Too late.", "a"), 2)
        .await;
    fixture.events("verdict").await;
    fixture.read(&post.path()).await.refused(410, "gone");
    assert_eq!(texts(&fixture).await, 0);
    fixture.finish().await;
}

#[tokio::test]
async fn created_edited_and_deleted_concurrently_leaves_no_text() {
    let fixture = Fixture::start().await;
    for _ in 0..20 {
        let comment = Comment::by(fixture.ann.id);
        tokio::join!(
            fixture.publish(comment.created("One."), 1),
            fixture.publish(comment.edited(2, "Two."), 2),
            fixture.publish(comment.deleted(), 3),
        );
    }
    fixture.events("verdict").await;
    assert_eq!(texts(&fixture).await, 0);
    fixture.finish().await;
}
