//! Replies to comments.

use common::{event::PostStatus, ids::CommentId};
use serde_json::json;

use crate::fixture::{Fixture, Post};

#[tokio::test]
async fn a_comment_replies_to_another_on_the_same_post() {
    let fixture = Fixture::start().await;
    let (post, elsewhere) = (fixture.published().await, fixture.published().await);
    let parent = fixture.commented(&fixture.ann, post, "question").await;

    let response = fixture
        .reply(&fixture.bob, post, &parent, "answer")
        .await
        .expect(201);
    assert_eq!(response["parent_id"], json!(parent));

    let rejected = fixture.reply(&fixture.bob, elsewhere, &parent, "x").await;
    rejected.refused_field(422, "invalid_value", "parent_id");
    let unknown = CommentId::generate().to_string();
    let rejected = fixture.reply(&fixture.bob, post, &unknown, "x").await;
    rejected.refused_field(422, "invalid_value", "parent_id");
    assert_eq!(fixture.events().await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn a_deleted_comment_keeps_its_replies_and_accepts_no_more() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let parent = fixture.commented(&fixture.ann, post, "question").await;
    let reply = fixture
        .reply(&fixture.bob, post, &parent, "answer")
        .await
        .expect(201);

    fixture.delete(&fixture.ann, &parent).await.expect(204);

    let again = fixture.reply(&fixture.bob, post, &parent, "too late").await;
    again.refused(409, "invalid_state");
    let shown = fixture
        .get_signed_out(reply["id"].as_str().unwrap())
        .await
        .expect(200);
    assert_eq!(shown["parent_id"], json!(parent));
    fixture.finish().await;
}

#[tokio::test]
async fn a_pending_comment_accepts_no_replies() {
    let fixture = Fixture::start_reviewed().await;
    let post = fixture.published().await;
    let pending = fixture.commented(&fixture.ann, post, "pending").await;
    for user in [&fixture.ann, &fixture.bob] {
        let rejected = fixture.reply(user, post, &pending, "x").await;
        rejected.refused_field(422, "invalid_value", "parent_id");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn the_post_is_checked_before_the_parent() {
    let fixture = Fixture::start().await;
    let post = Post::new();
    fixture.publish_post(&post, 1, PostStatus::Published).await;
    fixture.stored(&post, 1).await;
    let parent = fixture.commented(&fixture.ann, post.id, "question").await;
    fixture.publish_post(&post, 2, PostStatus::Deleted).await;
    fixture.stored(&post, 2).await;
    fixture
        .reply(&fixture.bob, post.id, &parent, "x")
        .await
        .refused(410, "gone");
    fixture.finish().await;
}
