//! Moderation of posts after publication: unpublished and published again.

use serde_json::json;
use tests::Stack;

use super::{approve, comments, decide, reject, rules};

#[tokio::test]
async fn a_post_is_unpublished_and_published_again() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let mut moderator = stack.sign_up_moderator("mona").await;
    rules(&mut moderator).await;
    let post = ann.publish("Roses").await;
    let path = format!("/api/query/posts/{post}");
    bob.wait_for_post(&post).await;
    bob.comment_approved(&post, "Lovely").await;
    ann.wait_for_verdict(&post, "approved").await;
    let before = stack
        .read_until(&path, |response| response.json()["counts"]["comments"] == 1)
        .await;

    let target = format!("posts/{post}");
    decide(&mut moderator, &target, reject()).await;
    let down = ann.wait_for_verdict(&post, "rejected").await;
    assert_eq!(
        (&down["status"], &down["moderation"]["reason"]),
        (&json!("draft"), &json!("off_topic"))
    );
    assert_eq!(down["moderation"]["note"], "Please keep to the garden.");
    ann.get(&path).await.refused(404, "not_found");
    ann.get(&comments(&post)).await.refused(404, "not_found");
    let own = format!("/api/posts/{post}");
    ann.patch(&own, json!({ "status": "published" }))
        .await
        .refused(409, "refused_by_moderation");

    decide(&mut moderator, &target, approve()).await;
    let up = ann.wait_for_verdict(&post, "approved").await;
    assert_eq!(up["status"], "published");
    let mut after = ann.get(&path).await.expect(200);
    for moved in ["version", "updated_at"] {
        after[moved] = before[moved].clone();
    }
    assert_eq!(after, before, "with its comments and numbers");
    stack.finish().await;
}

#[tokio::test]
async fn a_changed_post_is_moderated_again() {
    let stack = Stack::start().await;
    let mut ann = stack.sign_up("ann").await;
    let mut moderator = stack.sign_up_moderator("mona").await;
    rules(&mut moderator).await;
    let post = ann.publish("A miracle cure").await;
    let held = ann.wait_for_verdict(&post, "flagged").await;
    assert_eq!(
        (&held["status"], &held["moderation"]["reason"]),
        (&json!("draft"), &json!("advertising"))
    );
    let path = format!("/api/query/posts/{post}");
    ann.get(&path).await.refused(404, "not_found");

    let own = format!("/api/posts/{post}");
    let changed = json!({ "title": "Compost", "body": "About compost.", "status": "published" });
    ann.patch(&own, changed).await.expect(200);
    ann.get(&path).await.expect(200);
    assert_eq!(
        ann.wait_for_verdict(&post, "approved").await["status"],
        "published"
    );

    ann.patch(&own, json!({ "body": "About rotten tomatoes." }))
        .await
        .expect(200);
    assert_eq!(ann.wait_for_verdict(&post, "rejected").await["status"], "draft");
    ann.get(&path).await.refused(404, "not_found");
    let everything = stack.everything().await.to_string();
    assert!(
        !everything.contains("rotten") && !everything.contains("miracle"),
        "{everything}"
    );
    stack.finish().await;
}
