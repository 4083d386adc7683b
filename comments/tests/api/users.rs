//! People who leave: their names go, their texts stay.

use comments::store::Departed;
use common::event::{CommentFact, CommentStatus};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use testkit::eventually;

use crate::fixture::{Fixture, publish, user_deleted};

#[tokio::test]
async fn the_name_of_somebody_who_left_is_taken_off_all_their_comments() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    // More than the reaction reads at a time.
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
    eventually("the names are gone", async || {
        let ann = fixture
            .client(&fixture.ann)
            .get("/api/comments/mine")
            .send()
            .await
            .expect(200);
        ann["items"].as_array().is_some_and(Vec::is_empty).then_some(())
    })
    .await;

    let shown = fixture.get_as_nobody(&ids[1]).await.expect(200);
    assert_eq!(
        (&shown["author_id"], &shown["approved"]["body"]),
        (&Value::Null, &json!("text 1"))
    );
    assert_eq!(
        fixture.get_as_nobody(&other).await.expect(200)["author_id"],
        json!(fixture.bob.id)
    );
    fixture
        .edit(&fixture.ann, &ids[1], "not mine any more")
        .await
        .refused(403, "not_owner");

    let count = 131 + 1 + 130;
    assert_eq!(fixture.events().await, count);
    let log = fixture.log(count).await;
    let (taken_off, tombstones): (Vec<_>, Vec<_>) = log
        .iter()
        .filter(|(_, _, received)| received.envelope.causation_id == Some(event))
        .partition(|(_, state, _)| state.status != CommentStatus::Deleted);
    assert_eq!((taken_off.len(), tombstones.len()), (129, 1));
    for (fact, state, _) in taken_off {
        assert_eq!((*fact, state.author_id), (CommentFact::Edited, None));
        assert!(state.approved.is_some());
    }

    publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;
    assert_eq!(fixture.events().await, count, "once more changes nothing");
    fixture.finish().await;
}

#[tokio::test]
async fn a_request_of_theirs_that_was_in_work_leaves_no_name() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    publish(&fixture.bus, user_deleted(fixture.ann.id), 2).await;
    let departed = Departed::new(fixture.running.context().database().unwrap());
    eventually("it is known who left", async || {
        departed.contains(fixture.ann.id).await.ok()?.then_some(())
    })
    .await;

    // Her session is not ended here, so this is the request that came before.
    let comment = fixture
        .comment(&fixture.ann, post, "last words")
        .await
        .expect(201);

    assert_eq!(comment["author_id"], Value::Null);
    let (_, state, _) = fixture.log(2).await.remove(1);
    assert_eq!(
        (state.author_id, state.body.as_deref()),
        (None, Some("last words"))
    );
    fixture.finish().await;
}
