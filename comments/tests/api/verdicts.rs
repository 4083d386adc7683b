//! Verdicts make texts public or hide them, in whatever order they arrive.

use common::{
    event::{CommentFact, CommentStatus, Outcome},
    ids::CommentId,
};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Post, publish, verdict};

/// The status, the reason and the note of a response.
fn review(comment: &Value) -> [&Value; 3] {
    [&comment["status"], &comment["reason"], &comment["note"]]
}

#[tokio::test]
async fn a_text_is_public_once_it_is_approved() {
    let fixture = Fixture::start_reviewed().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "clean").await;
    fixture.get_signed_out(&id).await.refused(404, "not_found");

    let cause = fixture.apply_verdict(&id, 1, Outcome::Approved, 1).await;

    let seen = fixture.get_signed_out(&id).await.expect(200);
    assert_eq!(seen["approved"], json!({ "revision": 1, "body": "clean" }));
    let own = fixture.get(&fixture.ann, &id).await.expect(200);
    assert_eq!(review(&own), [&json!("approved"), &json!(null), &json!(null)]);
    let (fact, state, event) = fixture.log(2).await.remove(1);
    assert_eq!(
        (fact, state.status, event.envelope.aggregate_version),
        (CommentFact::Approved, CommentStatus::Approved, 2)
    );
    assert_eq!(
        (event.envelope.actor.as_str(), event.envelope.causation_id),
        ("service:comments", Some(cause))
    );
    fixture.finish().await;
}

#[tokio::test]
async fn only_the_author_and_moderators_see_the_reason() {
    for (outcome, status, fact) in [
        (Outcome::Rejected, "rejected", CommentFact::Rejected),
        (Outcome::Flagged, "pending", CommentFact::Held),
    ] {
        let fixture = Fixture::start_reviewed().await;
        let post = fixture.published().await;
        let id = fixture.commented(&fixture.ann, post, "rude").await;

        fixture.apply_verdict(&id, 1, outcome, 1).await;

        let expected = [
            &json!(status),
            &json!("banned_phrase"),
            &json!("Not in these words"),
        ];
        for user in [&fixture.ann, &fixture.moderator] {
            assert_eq!(review(&fixture.get(user, &id).await.expect(200)), expected);
        }
        let mine = fixture
            .client(&fixture.ann)
            .get("/api/comments/mine")
            .send()
            .await;
        assert_eq!(review(&mine.expect(200)["items"][0]), expected);
        fixture.get(&fixture.bob, &id).await.refused(404, "not_found");
        fixture.get_signed_out(&id).await.refused(404, "not_found");
        let (happened, state, event) = fixture.log(2).await.remove(1);
        assert_eq!((happened, state.reason.as_deref()), (fact, Some("banned_phrase")));
        let body = serde_json::to_string(&state).unwrap();
        assert!(!body.contains("Not in these words"), "{body} {event:?}");
        fixture.finish().await;
    }
}

#[tokio::test]
async fn while_an_edit_is_pending_the_approved_text_stays_public_and_only_the_author_sees_the_reason() {
    let fixture = Fixture::start_reviewed().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "first").await;
    fixture.apply_verdict(&id, 1, Outcome::Approved, 1).await;
    fixture.edit(&fixture.ann, &id, "second").await.expect(200);

    // A late verdict on the older text.
    fixture.apply_verdict(&id, 1, Outcome::Approved, 1).await;
    let own = fixture.get(&fixture.ann, &id).await.expect(200);
    assert_eq!((&own["status"], &own["revision"]), (&json!("pending"), &json!(2)));

    fixture.apply_verdict(&id, 2, Outcome::Rejected, 2).await;
    for response in [
        fixture.get_signed_out(&id).await,
        fixture.get(&fixture.bob, &id).await,
    ] {
        let seen = response.expect(200);
        assert_eq!(seen["approved"]["body"], "first");
        for secret in ["second", "rejected", "banned_phrase", "Not in these words"] {
            assert!(!response.text().contains(secret), "{}", response.text());
        }
    }
    let own = fixture.get(&fixture.ann, &id).await.expect(200);
    assert_eq!(
        (&own["status"], &own["approved"]["body"]),
        (&json!("rejected"), &json!("first"))
    );

    fixture.apply_verdict(&id, 2, Outcome::Approved, 3).await;
    let seen = fixture.get_signed_out(&id).await.expect(200);
    assert_eq!(seen["approved"], json!({ "revision": 2, "body": "second" }));
    fixture.finish().await;
}

#[tokio::test]
async fn a_public_text_is_hidden_and_published_again() {
    let fixture = Fixture::start_reviewed().await;
    let post = fixture.published().await;
    let id = fixture.commented(&fixture.ann, post, "reported").await;
    let mut version = 1;
    for outcome in [Outcome::Flagged, Outcome::Rejected] {
        fixture.apply_verdict(&id, 1, Outcome::Approved, version).await;
        fixture.get_signed_out(&id).await.expect(200);
        fixture.apply_verdict(&id, 1, outcome, version + 1).await;
        fixture.get_signed_out(&id).await.refused(404, "not_found");
        version += 2;
    }
    fixture.apply_verdict(&id, 1, Outcome::Approved, version).await;
    fixture.get_signed_out(&id).await.expect(200);
    let facts: Vec<CommentFact> = fixture.log(6).await.into_iter().map(|(fact, ..)| fact).collect();
    use CommentFact::{Approved, Created, Held, Rejected};
    assert_eq!(facts, [Created, Approved, Held, Approved, Rejected, Approved]);
    fixture.finish().await;
}

#[tokio::test]
async fn an_early_repeated_late_or_too_late_verdict_changes_nothing() {
    let fixture = Fixture::start_reviewed().await;
    let post = fixture.published().await;
    let unknown = CommentId::generate().to_string();
    fixture.apply_verdict(&unknown, 1, Outcome::Approved, 1).await;

    let id = fixture.commented(&fixture.ann, post, "text").await;
    fixture.apply_verdict(&id, 2, Outcome::Approved, 1).await;
    fixture.get_signed_out(&id).await.refused(404, "not_found");

    // The newer one first, then the older one, then both again.
    fixture.apply_verdict(&id, 1, Outcome::Rejected, 3).await;
    let after = fixture.get(&fixture.ann, &id).await.expect(200);
    fixture.apply_verdict(&id, 1, Outcome::Approved, 2).await;
    fixture.apply_verdict(&id, 1, Outcome::Rejected, 3).await;
    assert_eq!(fixture.get(&fixture.ann, &id).await.expect(200), after);
    assert_eq!(
        (&after["status"], &after["version"]),
        (&json!("rejected"), &json!(2))
    );

    fixture.delete(&fixture.ann, &id).await.expect(204);
    fixture.apply_verdict(&id, 1, Outcome::Approved, 4).await;
    fixture.get(&fixture.ann, &id).await.refused(410, "gone");
    fixture.get_signed_out(&id).await.refused(404, "not_found");
    assert_eq!(fixture.events().await, 3, "created, rejected, deleted");
    fixture.finish().await;
}

#[tokio::test]
async fn a_verdict_on_a_post_does_not_change_a_comment() {
    let fixture = Fixture::start_reviewed().await;
    let post = Post::new();
    fixture
        .publish_post(&post, 1, common::event::PostStatus::Published)
        .await;
    fixture.stored(&post, 1).await;
    let id = fixture.commented(&fixture.ann, post.id, "text").await;
    let common::event::Event::Verdict(fact, mut state) = verdict(&id, 1, Outcome::Approved) else {
        panic!("a verdict");
    };
    // The same id, of the other kind.
    state.target.kind = common::event::TargetKind::Post;
    publish(&fixture.bus, common::event::Event::Verdict(fact, state), 1).await;
    fixture.verdicts_handled().await;
    fixture.get_signed_out(&id).await.refused(404, "not_found");
    fixture.finish().await;
}
