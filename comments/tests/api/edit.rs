//! Editing a comment.

use common::{event::CommentFact, ids::CommentId};
use futures::future::join_all;
use serde_json::json;

use crate::fixture::{Fixture, path};

#[tokio::test]
async fn its_author_edits_the_text_and_readers_see_it() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "first").await;

    let response = fixture.edit(&fixture.ann, &id, "second").await;

    let edited = response.expect(200);
    assert_eq!((response.version(), &edited["version"]), (2, &json!(2)));
    assert_eq!(response.consistency_token(), format!("comment:{id}@2"));
    assert_eq!(
        (&edited["revision"], &edited["body"]),
        (&json!(2), &json!("second"))
    );
    assert!(edited["edited_at"].is_string(), "{edited}");
    let shown = fixture.get_signed_out(&id).await.expect(200);
    assert_eq!(shown["approved"], json!({ "revision": 2, "body": "second" }));
    let (fact, state, _) = fixture.log(2).await.remove(1);
    assert_eq!(
        (fact, state.body.as_deref()),
        (CommentFact::Edited, Some("second"))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn the_same_text_changes_nothing() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "first").await;
    let response = fixture.edit(&fixture.ann, &id, "first\n").await;
    assert_eq!(response.expect(200)["revision"], 1);
    assert_eq!(response.version(), 1);
    assert_eq!(fixture.events().await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn others_may_not_edit_and_an_invalid_text_is_rejected() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "first").await;
    for user in [&fixture.bob, &fixture.moderator] {
        fixture
            .edit(user, &id, "mine now")
            .await
            .refused(403, "not_owner");
    }
    let signed_out = fixture
        .signed_out()
        .patch(&path(&id))
        .json(&json!({ "body": "x" }))
        .send()
        .await;
    signed_out.refused(401, "unauthenticated");
    fixture
        .edit(&fixture.ann, &id, " ")
        .await
        .refused_field(422, "too_short", "body");
    fixture
        .edit(&fixture.ann, &id, &"x".repeat(5001))
        .await
        .refused_field(422, "too_long", "body");
    let moved = json!({ "body": "x", "post_id": post });
    let moved = fixture
        .client(&fixture.ann)
        .patch(&path(&id))
        .json(&moved)
        .send()
        .await;
    moved.refused_field(422, "unknown_field", "post_id");
    let unknown = CommentId::generate().to_string();
    fixture
        .edit(&fixture.ann, &unknown, "x")
        .await
        .refused(404, "not_found");
    fixture
        .edit(&fixture.ann, "not-an-id", "x")
        .await
        .refused(404, "not_found");
    assert_eq!(fixture.events().await, 1);
    fixture.finish().await;
}

#[tokio::test]
async fn of_two_edits_with_one_if_match_one_wins() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "first").await;
    let ann = fixture.client(&fixture.ann);
    let edit = async |version: &str, body: String| {
        let request = ann.patch(&path(&id)).header("if-match", version);
        request.json(&json!({ "body": body })).send().await
    };

    let responses = join_all((0..2).map(|n| edit("\"1\"", format!("edit {n}")))).await;

    let (won, lost): (Vec<_>, Vec<_>) = responses.iter().partition(|response| response.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 1), "{responses:?}");
    lost[0].refused(412, "version_mismatch");
    assert_eq!(lost[0].header("etag"), "\"2\"");
    edit("\"2\"", "third".to_owned()).await.expect(200);
    edit("\"2\"", "fourth".to_owned())
        .await
        .refused(412, "version_mismatch");
    edit("2", "fourth".to_owned())
        .await
        .refused(400, "malformed_request");
    assert_eq!(fixture.events().await, 3);
    fixture.finish().await;
}

#[tokio::test]
async fn edits_without_if_match_all_succeed() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "first").await;
    let edits = (0..8).map(|n| {
        let (fixture, id) = (&fixture, &id);
        async move { fixture.edit(&fixture.ann, id, &format!("edit {n}")).await }
    });
    for response in join_all(edits).await {
        response.expect(200);
    }
    let comment = fixture.get(&fixture.ann, &id).await.expect(200);
    assert_eq!(
        (&comment["version"], &comment["revision"]),
        (&json!(9), &json!(9))
    );
    fixture.finish().await;
}
