//! Deleted users: their names are removed, their texts stay.

use common::event::{CommentFact, CommentStatus};
use futures::{StreamExt as _, stream};
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

#[tokio::test]
async fn what_a_deleted_user_still_creates_is_refused_and_anonymised() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;
    let deleted = fixture
        .running
        .context()
        .storage()
        .unwrap()
        .deleted_users()
        .unwrap();
    eventually("the deletion is recorded", async || {
        deleted.contains(fixture.ann.id).await.ok()?.then_some(())
    })
    .await;

    // Her session is not revoked here, as for a request that was in progress at the deletion.
    fixture
        .comment(&fixture.ann, post, "last words")
        .await
        .refused(401, "session_revoked");

    let (_, state, _) = fixture.log(2).await.remove(1);
    assert_eq!(
        (state.author_id, state.body.as_deref()),
        (None, Some("last words"))
    );
    let shown = fixture.get_signed_out(&state.id.to_string()).await.expect(200);
    assert_eq!(shown["author_id"], Value::Null);
    fixture.finish().await;
}
