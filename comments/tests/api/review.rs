//! Pending texts are visible to their author and moderators only.

use common::{event::CommentStatus, ids::CommentId};
use serde_json::json;

use crate::fixture::{Fixture, path};

#[tokio::test]
async fn a_pending_text_is_invisible_to_others() {
    let fixture = Fixture::start_reviewed().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "not yet").await;

    for user in [&fixture.ann, &fixture.moderator] {
        let seen = fixture.get(user, &id).await.expect(200);
        assert_eq!(
            (&seen["status"], &seen["body"]),
            (&json!("pending"), &json!("not yet"))
        );
        assert_eq!(seen["approved"], json!(null));
    }
    let unknown = CommentId::generate().to_string();
    let hidden = fixture.get(&fixture.bob, &id).await.refused(404, "not_found");
    let missing = fixture
        .get(&fixture.bob, &unknown)
        .await
        .refused(404, "not_found");
    assert_eq!(
        hidden["detail"], missing["detail"],
        "the response does not reveal that it exists"
    );
    fixture.get_signed_out(&id).await.refused(404, "not_found");
    fixture
        .edit(&fixture.bob, &id, "x")
        .await
        .refused(404, "not_found");
    fixture.delete(&fixture.bob, &id).await.refused(404, "not_found");
    let stale = fixture
        .signed_out()
        .get(&path(&id))
        .header("cookie", "session=nonsense")
        .send()
        .await;
    stale.refused(404, "not_found");

    let (_, state, _) = fixture.log(1).await.remove(0);
    assert_eq!((state.status, state.approved), (CommentStatus::Pending, None));
    fixture.finish().await;
}

#[tokio::test]
async fn while_an_edit_is_pending_readers_see_the_approved_text() {
    let fixture = Fixture::start().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "approved text").await;
    let fixture = fixture.restarted(false).await;

    let edited = fixture.edit(&fixture.ann, &id, "pending text").await.expect(200);

    assert_eq!(
        (&edited["status"], &edited["revision"]),
        (&json!("pending"), &json!(2))
    );
    for response in [
        fixture.get_signed_out(&id).await,
        fixture.get(&fixture.bob, &id).await,
    ] {
        let seen = response.expect(200);
        let expected = json!({
            "id": id, "post_id": post, "parent_id": null, "author_id": fixture.ann.id,
            "approved": { "revision": 1, "body": "approved text" }, "created_at": edited["created_at"],
        });
        assert_eq!(seen, expected);
        assert!(!response.text().contains("pending"), "{}", response.text());
    }
    let own = fixture.get(&fixture.ann, &id).await.expect(200);
    assert_eq!(
        (&own["body"], &own["approved"]["body"]),
        (&json!("pending text"), &json!("approved text"))
    );
    let (_, state, _) = fixture.log(2).await.remove(1);
    assert_eq!(state.approved.unwrap().body, "approved text");
    fixture.finish().await;
}
