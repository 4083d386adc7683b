//! Verdicts on published posts, and what their author sees.

use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use common::{
    api::{
        Page,
        posts::{PostList, PostModeration, PostSummary},
    },
    event::{
        DecidedBy, Event, Outcome, PostFact, PostStatus, STREAM, Timestamp, VerdictFact, VerdictState,
        topology::POSTS_VERDICTS,
    },
    ids::PostId,
};
use serde_json::json;
use testkit::eventually;

use crate::fixture::{Author, Fixture};

fn verdict(post: &str, revision: u64, outcome: Outcome) -> Event {
    let fact = match outcome {
        Outcome::Approved => VerdictFact::Approved,
        Outcome::Rejected => VerdictFact::Rejected,
        Outcome::Flagged | Outcome::Unknown => VerdictFact::Flagged,
    };
    let refused = outcome != Outcome::Approved;
    let state = VerdictState {
        target: post.parse::<PostId>().unwrap().into(),
        revision,
        outcome,
        reason: refused.then(|| "spam".to_owned()),
        note: refused.then(|| "No advertisements".to_owned()),
        decided_by: DecidedBy::Moderator,
        rules_revision: 1,
        decided_at: Timestamp::now(),
    };
    Event::Verdict(fact, state)
}

impl Fixture {
    /// Publishes a verdict on a post, and waits until the service has handled it.
    async fn decide(&self, post: &str, revision: u64, outcome: Outcome, version: u64) {
        self.publish("moderation", &verdict(post, revision, outcome), version)
            .await;
        eventually("the verdict is handled", async || {
            let consumer: PullConsumer = self
                .bus
                .jetstream()
                .get_consumer_from_stream(POSTS_VERDICTS.name, STREAM)
                .await
                .ok()?;
            let info = consumer.get_info().await.ok()?;
            (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
        })
        .await;
    }
}

/// What the author sees of the post, which is the same in the list.
async fn seen(author: &Author, id: &str) -> (PostList, Option<PostModeration>) {
    let post = author.source(id).await;
    let page: Page<PostSummary> = author.page("/api/posts/mine").await;
    let listed = page
        .items
        .into_iter()
        .find(|listed| listed.id == post.id)
        .unwrap();
    assert_eq!(listed.moderation, post.moderation);
    assert_eq!(listed.status, post.status);
    (post.status.unwrap(), post.moderation)
}

fn spam(status: Outcome) -> Option<PostModeration> {
    Some(PostModeration {
        status,
        reason: Some("spam".to_owned()),
        note: Some("No advertisements".to_owned()),
    })
}

#[tokio::test]
async fn a_verdict_unpublishes_a_post_and_an_approval_republishes_it() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Buy now", "published").await;
    assert_eq!(seen(&ann, &id).await, (PostList::Published, None));

    fixture.decide(&id, 1, Outcome::Flagged, 1).await;
    assert_eq!(seen(&ann, &id).await, (PostList::Draft, spam(Outcome::Flagged)));
    fixture.decide(&id, 1, Outcome::Rejected, 2).await;
    assert_eq!(seen(&ann, &id).await, (PostList::Draft, spam(Outcome::Rejected)));
    fixture.decide(&id, 1, Outcome::Approved, 3).await;
    let approved = PostModeration {
        status: Outcome::Approved,
        reason: None,
        note: None,
    };
    assert_eq!(seen(&ann, &id).await, (PostList::Published, Some(approved)));

    let events = fixture.events_of(&id).await;
    let facts: Vec<PostFact> = events.iter().map(|(fact, _)| *fact).collect();
    assert_eq!(
        facts,
        [PostFact::Published, PostFact::Unpublished, PostFact::Published]
    );
    assert_eq!(
        (&events[1].1.content, events[1].1.status),
        (&None, PostStatus::Draft)
    );
    assert_eq!(events[2].1.content, events[0].1.content);
    assert_eq!(events[2].1.published_at, events[0].1.published_at);
    assert!(!fixture.raw_log().await.contains("held_back"));
    fixture.finish().await;
}

#[tokio::test]
async fn an_approval_of_a_published_post_only_changes_what_the_author_sees() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Fine", "published").await;
    fixture.decide(&id, 1, Outcome::Approved, 1).await;

    let post = ann.read(&id).await.expect(200);
    assert_eq!(
        (&post["version"], &post["moderation"]["status"]),
        (&json!(1), &json!("approved"))
    );
    // The version that the author has seen is still current.
    let edited = ann
        .edit_version(&id, 1, &json!({ "body": "Other words" }))
        .await
        .expect(200);
    assert_eq!(edited["moderation"], json!(null), "this text was not moderated");
    assert_eq!(
        fixture.facts_of(&id).await,
        [PostFact::Published, PostFact::Updated]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_forbidden_text_cannot_be_published_and_a_changed_one_can() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let publish = json!({ "status": "published" });
    for (outcome, word) in [
        (Outcome::Rejected, "rejected this text (spam)"),
        (Outcome::Flagged, "has to review"),
    ] {
        let id = ann.write("Buy now", "published").await;
        fixture.decide(&id, 1, outcome, 1).await;

        let refused = ann.edit(&id, &publish).await;
        let problem = refused.refused(409, "refused_by_moderation");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
        let tagged = ann
            .edit(&id, &json!({ "status": "published", "tags": ["news"] }))
            .await;
        tagged.refused(409, "refused_by_moderation");
        // Another text in a draft, and then the same text again.
        ann.edit(&id, &json!({ "body": "Draft" })).await.expect(200);
        ann.edit(&id, &json!({ "body": "About Buy now." }))
            .await
            .expect(200);
        ann.edit(&id, &publish)
            .await
            .refused(409, "refused_by_moderation");
        assert_eq!(seen(&ann, &id).await.0, PostList::Draft);

        let changed = json!({ "status": "published", "body": "About my garden." });
        let published = ann.edit(&id, &changed).await.expect(200);
        assert_eq!(
            (&published["status"], &published["moderation"]),
            (&json!("published"), &json!(null))
        );
        // It is moderated again.
        let version = published["version"].as_u64().unwrap();
        fixture.decide(&id, version, Outcome::Rejected, 2).await;
        assert_eq!(seen(&ann, &id).await, (PostList::Draft, spam(Outcome::Rejected)));
    }
    fixture.finish().await;
}

#[tokio::test]
async fn late_repeated_unordered_and_unknown_verdicts_are_tolerated() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    fixture
        .decide(&PostId::generate().to_string(), 1, Outcome::Rejected, 1)
        .await;

    // The approval arrives before the older flag.
    let id = ann.write("Fine", "published").await;
    fixture.decide(&id, 1, Outcome::Approved, 2).await;
    fixture.decide(&id, 1, Outcome::Flagged, 1).await;
    fixture.decide(&id, 1, Outcome::Approved, 2).await;
    assert_eq!(seen(&ann, &id).await.0, PostList::Published);

    // On a text that was replaced before.
    ann.edit(&id, &json!({ "body": "Other words" })).await.expect(200);
    fixture.decide(&id, 1, Outcome::Rejected, 3).await;
    assert_eq!(seen(&ann, &id).await, (PostList::Published, None));

    // On a text that its author has unpublished; it must not be republished.
    ann.edit(&id, &json!({ "status": "draft" })).await.expect(200);
    fixture.decide(&id, 2, Outcome::Rejected, 4).await;
    assert_eq!(seen(&ann, &id).await, (PostList::Draft, spam(Outcome::Rejected)));
    ann.edit(&id, &json!({ "status": "published" }))
        .await
        .refused(409, "refused_by_moderation");
    fixture.decide(&id, 2, Outcome::Approved, 5).await;
    assert_eq!(
        seen(&ann, &id).await.0,
        PostList::Draft,
        "its author unpublished it, so an approval does not publish it"
    );

    ann.delete(&id).await.expect(204);
    fixture.decide(&id, 2, Outcome::Approved, 6).await;
    ann.read(&id).await.refused(410, "gone");
    let facts = fixture.facts_of(&id).await;
    use PostFact::{Deleted, Published, Unpublished, Updated};
    assert_eq!(facts, [Published, Updated, Unpublished, Deleted]);
    let remains = fixture.database.connect().await;
    let remains = remains
        .collection::<mongodb::bson::Document>("posts")
        .find_one(mongodb::bson::doc! { "_id": &id })
        .await
        .unwrap()
        .unwrap();
    assert!(!remains.to_string().contains("advertisements"), "{remains}");
    fixture.finish().await;
}

#[tokio::test]
async fn a_scheduled_publication_of_a_flagged_text_waits_for_the_approval() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Soon", "published").await;
    fixture.decide(&id, 1, Outcome::Flagged, 1).await;
    let at = Timestamp::now().plus(Duration::from_millis(300));
    let scheduled = ann.edit(&id, &json!({ "publish_at": at })).await.expect(200);
    assert_eq!(scheduled["status"], "scheduled");

    let waiting = ann.sees(&id, "draft").await;
    assert_eq!(
        (&waiting["publish_at"], &waiting["moderation"]["status"]),
        (&json!(null), &json!("flagged"))
    );

    fixture.decide(&id, 1, Outcome::Approved, 2).await;
    assert_eq!(seen(&ann, &id).await.0, PostList::Published);
    let facts = fixture.facts_of(&id).await;
    use PostFact::{Published, Unpublished, Updated};
    assert_eq!(facts, [Published, Unpublished, Updated, Updated, Published]);
    fixture.finish().await;
}

#[tokio::test]
async fn after_concurrent_verdicts_and_publications_the_newest_verdict_prevails() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    for round in 0..10 {
        let id = ann.write(&format!("Round {round}"), "published").await;
        let (last, list) = match round % 2 {
            0 => (Outcome::Approved, PostList::Published),
            _ => (Outcome::Rejected, PostList::Draft),
        };
        // Five concurrent verdicts, while the author tries to publish.
        let at_once = async {
            for version in 1..=4 {
                fixture
                    .publish("moderation", &verdict(&id, 1, Outcome::Flagged), version)
                    .await;
            }
            fixture.decide(&id, 1, last, 5).await;
        };
        let author = async {
            for _ in 0..5 {
                let answer = ann.edit(&id, &json!({ "status": "published" })).await;
                assert!(matches!(answer.status, 200 | 409), "{}", answer.text());
            }
        };
        tokio::join!(at_once, author);
        assert_eq!(seen(&ann, &id).await.0, list, "round {round}");
    }
    fixture.finish().await;
}
