//! Deleted users: their names are removed, their texts stay.

use common::event::{CommentFact, CommentStatus};
use futures::{StreamExt as _, stream};
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};
use testkit::eventually;

use crate::fixture::{Fixture, publish, user_deleted};

#[tokio::test]
async fn the_name_of_a_deleted_user_is_removed_from_all_their_comments() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    // More than one page.
    let ids: Vec<String> = stream::iter(0..130)
        .map(|n| {
            let fixture = &fixture;
            async move { fixture.commented(&fixture.ann, post, &format!("text {n}")).await }
        })
        .buffered(16)
        .collect()
        .await;
    fixture.delete(&fixture.ann, &ids[0]).await.expect(204);
    let other = fixture.commented(&fixture.bob, post, "his").await;

    let event = publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;
    eventually("the names are removed", async || {
        let ann = fixture
            .client(&fixture.ann)
            .get("/api/comments/mine")
            .send()
            .await
            .expect(200);
        ann["items"].as_array().is_some_and(Vec::is_empty).then_some(())
    })
    .await;

    let shown = fixture.get_signed_out(&ids[1]).await.expect(200);
    assert_eq!(
        (&shown["author_id"], &shown["approved"]["body"]),
        (&Value::Null, &json!("text 1"))
    );
    assert_eq!(
        fixture.get_signed_out(&other).await.expect(200)["author_id"],
        json!(fixture.bob.id)
    );
    fixture
        .edit(&fixture.ann, &ids[1], "no longer mine")
        .await
        .refused(403, "not_owner");

    let count = 131 + 1 + 130;
    assert_eq!(fixture.events().await, count);
    let log = fixture.log(count).await;
    let (anonymised, tombstones): (Vec<_>, Vec<_>) = log
        .iter()
        .filter(|(_, _, received)| received.envelope.causation_id == Some(event))
        .partition(|(_, state, _)| state.status != CommentStatus::Deleted);
    assert_eq!((anonymised.len(), tombstones.len()), (129, 1));
    for (fact, state, _) in anonymised {
        assert_eq!((*fact, state.author_id), (CommentFact::Edited, None));
        assert!(state.approved.is_some());
    }

    publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;
    assert_eq!(fixture.events().await, count, "the second event changes nothing");
    fixture.finish().await;
}

/// Waits until the service has recorded that Ann is deleted.
async fn deletion_recorded(fixture: &Fixture) {
    let storage = fixture.running.context().storage().unwrap();
    let deleted = storage.deleted_users().unwrap();
    eventually("the deletion is recorded", async || {
        deleted.contains(fixture.ann.id).await.ok()?.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_deleted_user_with_a_valid_token_publishes_nothing() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;
    deletion_recorded(&fixture).await;

    // Her session is not revoked here, as for a request that was in progress at the deletion.
    fixture
        .comment(&fixture.ann, post, "last words")
        .await
        .refused(401, "session_revoked");

    assert_eq!(fixture.events().await, 0);
    fixture.finish().await;
}

#[tokio::test]
async fn comments_of_newer_releases_are_anonymised_and_unreadable_ones_hold_up_no_others() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let [newer, unreadable, known] = [(); 3]
        .map(|()| fixture.commented(&fixture.ann, post, "text"))
        .map(Box::pin);
    let (newer, unreadable, known) = tokio::join!(newer, unreadable, known);
    fixture.running.settled().await;
    let database = fixture.running.context().database().unwrap();
    let comments = database.collection::<Document>("comments");
    let set = async |id: &str, fields: Document| {
        let update = doc! { "$set": fields };
        comments.update_one(doc! { "_id": id }, update).await.unwrap();
    };
    set(
        &newer,
        doc! { "state.mood": "good", "state.approved.language": "en" },
    )
    .await;
    set(&unreadable, doc! { "state.revision": "two" }).await;

    publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;

    let authorless = doc! { "_id": { "$in": [&newer, &known] }, "state.author_id": null };
    eventually("two comments are anonymous", async || {
        let count = comments.count_documents(authorless.clone()).await.ok()?;
        (count == 2).then_some(())
    })
    .await;
    let stored = comments.find_one(doc! { "_id": &newer }).await.unwrap().unwrap();
    let state = stored.get_document("state").unwrap();
    assert_eq!(state.get_str("mood").unwrap(), "good", "{state}");
    let approved = state.get_document("approved").unwrap();
    assert_eq!(approved.get_str("language").unwrap(), "en", "{state}");

    // A newer release makes it readable; the deletion is retried until then.
    set(&unreadable, doc! { "state.revision": 1 }).await;
    eventually("all comments are anonymous", async || {
        let authors = doc! { "state.author_id": { "$ne": null } };
        (comments.count_documents(authors).await.ok()? == 0).then_some(())
    })
    .await;
    fixture.finish().await;
}
