//! Deleting a comment.

use common::{
    event::{CommentFact, CommentStatus},
    ids::CommentId,
};
use serde_json::json;

use crate::fixture::{Fixture, path};

#[tokio::test]
async fn its_author_deletes_it_and_a_tombstone_stays() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "secret").await;

    let response = fixture.delete(&fixture.ann, &id).await;

    response.expect(204);
    assert_eq!(response.consistency_token(), format!("comment:{id}@2"));
    fixture.get_signed_out(&id).await.refused(404, "not_found");
    fixture.get(&fixture.bob, &id).await.refused(404, "not_found");
    fixture.get(&fixture.ann, &id).await.refused(410, "gone");
    fixture.get(&fixture.moderator, &id).await.refused(410, "gone");
    fixture.edit(&fixture.ann, &id, "back").await.refused(410, "gone");

    let (fact, state, received) = fixture.log(2).await.remove(1);
    assert_eq!(
        (fact, state.status),
        (CommentFact::Deleted, CommentStatus::Deleted)
    );
    assert_eq!((state.body, state.approved, state.reason), (None, None, None));
    assert_eq!((state.post_id, received.envelope.aggregate_version), (post, 2));

    fixture.running.settled().await;
    let collection = fixture
        .running
        .context()
        .database()
        .unwrap()
        .collection::<mongodb::bson::Document>("comments");
    let document = collection
        .find_one(mongodb::bson::doc! { "_id": &id })
        .await
        .unwrap()
        .unwrap();
    assert!(!document.to_string().contains("secret"), "{document}");
    fixture.finish().await;
}

#[tokio::test]
async fn deleting_it_again_changes_nothing() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "text").await;
    fixture.delete(&fixture.ann, &id).await.expect(204);
    fixture.delete(&fixture.ann, &id).await.expect(204);
    assert_eq!(fixture.events().await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn a_moderator_may_delete_it_and_others_may_not() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "text").await;
    fixture.delete(&fixture.bob, &id).await.refused(403, "not_owner");
    fixture
        .signed_out()
        .delete(&path(&id))
        .send()
        .await
        .refused(401, "unauthenticated");
    let unknown = CommentId::generate().to_string();
    fixture
        .delete(&fixture.ann, &unknown)
        .await
        .refused(404, "not_found");

    fixture.delete(&fixture.moderator, &id).await.expect(204);

    let (_, _, received) = fixture.log(2).await.remove(1);
    assert_eq!(received.envelope.actor, format!("user:{}", fixture.moderator.id));
    fixture.finish().await;
}

#[tokio::test]
async fn if_match_is_checked() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "text").await;
    fixture.edit(&fixture.ann, &id, "other").await.expect(200);
    let ann = fixture.client(&fixture.ann);
    let delete = async |version: &str| ann.delete(&path(&id)).header("if-match", version).send().await;
    let rejected = delete("\"1\"").await.refused(412, "version_mismatch");
    assert_eq!(rejected["current_version"], json!(2));
    delete("\"2\"").await.expect(204);
    fixture.finish().await;
}
