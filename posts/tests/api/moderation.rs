//! Posts are judged after they are published: taken down, put up again, and what their author is told.

use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use common::{
    event::{
        DecidedBy, Event, Outcome, PostFact, PostStatus, STREAM, Timestamp, VerdictFact, VerdictState,
        topology::POSTS_VERDICTS,
    },
    ids::PostId,
};
use serde_json::{Value, json};
use testkit::eventually;

use crate::fixture::{Author, World};

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

impl World {
    /// Says what was decided about a post, and waits until the service has heard it.
    async fn judged(&self, post: &str, revision: u64, outcome: Outcome, version: u64) {
        self.publish("moderation", &verdict(post, revision, outcome), version)
            .await;
        eventually("the verdict is heard", async || {
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

/// What the author is told, alone and in the list.
async fn told(author: &Author, id: &str) -> (String, Value) {
    let post = author.read(id).await.expect(200);
    let mine = author.get("/api/posts/mine").await.expect(200);
    let listed = mine["items"].as_array().unwrap().iter();
    let listed = listed.clone().find(|post| post["id"] == id).unwrap();
    assert_eq!(listed["moderation"], post["moderation"]);
    assert_eq!(listed["status"], post["status"]);
    (
        post["status"].as_str().unwrap().to_owned(),
        post["moderation"].clone(),
    )
}

fn spam(status: &str) -> Value {
    json!({ "status": status, "reason": "spam", "note": "No advertisements" })
}

#[tokio::test]
async fn a_published_post_is_taken_down_and_an_approval_publishes_it_again_by_itself() {
    let world = World::start().await;
    let ann = world.author("ann");
    let id = ann.write("Buy now", "published").await;
    assert_eq!(told(&ann, &id).await, ("published".to_owned(), json!(null)));

    world.judged(&id, 1, Outcome::Flagged, 1).await;
    assert_eq!(told(&ann, &id).await, ("draft".to_owned(), spam("flagged")));
    world.judged(&id, 1, Outcome::Rejected, 2).await;
    assert_eq!(told(&ann, &id).await, ("draft".to_owned(), spam("rejected")));
    world.judged(&id, 1, Outcome::Approved, 3).await;
    let approved = json!({ "status": "approved", "reason": null, "note": null });
    assert_eq!(told(&ann, &id).await, ("published".to_owned(), approved));

    let events = world.events_of(&id).await;
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
    assert!(!world.raw_log().await.contains("held_back"));
    world.finish().await;
}

#[tokio::test]
async fn an_approval_of_a_public_post_changes_nothing_but_what_the_author_is_told() {
    let world = World::start().await;
    let ann = world.author("ann");
    let id = ann.write("Fine", "published").await;
    world.judged(&id, 1, Outcome::Approved, 1).await;

    let post = ann.read(&id).await.expect(200);
    assert_eq!(
        (&post["version"], &post["moderation"]["status"]),
        (&json!(1), &json!("approved"))
    );
    // So the version that the author has seen is still the one to change.
    let edited = ann
        .edit_version(&id, 1, &json!({ "body": "Other words" }))
        .await
        .expect(200);
    assert_eq!(edited["moderation"], json!(null), "this text was not judged");
    assert_eq!(
        world.facts_of(&id).await,
        [PostFact::Published, PostFact::Updated]
    );
    world.finish().await;
}

#[tokio::test]
async fn the_same_text_is_not_published_while_the_verdict_stands_and_a_changed_one_is() {
    let world = World::start().await;
    let ann = world.author("ann");
    let publish = json!({ "status": "published" });
    for (outcome, word) in [
        (Outcome::Rejected, "was refused (spam)"),
        (Outcome::Flagged, "yet to look"),
    ] {
        let id = ann.write("Buy now", "published").await;
        world.judged(&id, 1, outcome, 1).await;

        let refused = ann.edit(&id, &publish).await;
        let problem = refused.refused(409, "refused_by_moderation");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
        let tagged = ann
            .edit(&id, &json!({ "status": "published", "tags": ["news"] }))
            .await;
        tagged.refused(409, "refused_by_moderation");
        // Another text in a draft, and then the same again.
        ann.edit(&id, &json!({ "body": "Draft" })).await.expect(200);
        ann.edit(&id, &json!({ "body": "About Buy now." }))
            .await
            .expect(200);
        ann.edit(&id, &publish)
            .await
            .refused(409, "refused_by_moderation");
        assert_eq!(told(&ann, &id).await.0, "draft");

        let changed = json!({ "status": "published", "body": "About my garden." });
        let published = ann.edit(&id, &changed).await.expect(200);
        assert_eq!(
            (&published["status"], &published["moderation"]),
            (&json!("published"), &json!(null))
        );
        // It is judged anew.
        let version = published["version"].as_u64().unwrap();
        world.judged(&id, version, Outcome::Rejected, 2).await;
        assert_eq!(told(&ann, &id).await, ("draft".to_owned(), spam("rejected")));
    }
    world.finish().await;
}

#[tokio::test]
async fn a_verdict_late_twice_out_of_order_or_for_nothing_does_no_harm() {
    let world = World::start().await;
    let ann = world.author("ann");
    world
        .judged(&PostId::generate().to_string(), 1, Outcome::Rejected, 1)
        .await;

    // The approval overtakes the flag that it lifts.
    let id = ann.write("Fine", "published").await;
    world.judged(&id, 1, Outcome::Approved, 2).await;
    world.judged(&id, 1, Outcome::Flagged, 1).await;
    world.judged(&id, 1, Outcome::Approved, 2).await;
    assert_eq!(told(&ann, &id).await.0, "published");

    // About a text that was replaced before.
    ann.edit(&id, &json!({ "body": "Other words" })).await.expect(200);
    world.judged(&id, 1, Outcome::Rejected, 3).await;
    assert_eq!(told(&ann, &id).await, ("published".to_owned(), json!(null)));

    // About a text that its author has unpublished; it may not come back.
    ann.edit(&id, &json!({ "status": "draft" })).await.expect(200);
    world.judged(&id, 2, Outcome::Rejected, 4).await;
    assert_eq!(told(&ann, &id).await, ("draft".to_owned(), spam("rejected")));
    ann.edit(&id, &json!({ "status": "published" }))
        .await
        .refused(409, "refused_by_moderation");
    world.judged(&id, 2, Outcome::Approved, 5).await;
    assert_eq!(
        told(&ann, &id).await.0,
        "draft",
        "its author unpublished it, so an approval does not publish it"
    );

    ann.delete(&id).await.expect(204);
    world.judged(&id, 2, Outcome::Approved, 6).await;
    ann.read(&id).await.refused(410, "gone");
    let facts = world.facts_of(&id).await;
    use PostFact::{Deleted, Published, Unpublished, Updated};
    assert_eq!(facts, [Published, Updated, Unpublished, Deleted]);
    let remains = world.database.connect().await;
    let remains = remains
        .collection::<mongodb::bson::Document>("posts")
        .find_one(mongodb::bson::doc! { "_id": &id })
        .await
        .unwrap()
        .unwrap();
    assert!(!remains.to_string().contains("advertisements"), "{remains}");
    world.finish().await;
}

#[tokio::test]
async fn a_plan_for_a_held_text_waits_for_the_approval() {
    let world = World::start().await;
    let ann = world.author("ann");
    let id = ann.write("Soon", "published").await;
    world.judged(&id, 1, Outcome::Flagged, 1).await;
    let at = Timestamp::now().plus(Duration::from_millis(300));
    let planned = ann.edit(&id, &json!({ "publish_at": at })).await.expect(200);
    assert_eq!(planned["status"], "scheduled");

    let waiting = ann.sees(&id, "draft").await;
    assert_eq!(
        (&waiting["publish_at"], &waiting["moderation"]["status"]),
        (&json!(null), &json!("flagged"))
    );

    world.judged(&id, 1, Outcome::Approved, 2).await;
    assert_eq!(told(&ann, &id).await.0, "published");
    let facts = world.facts_of(&id).await;
    use PostFact::{Published, Unpublished, Updated};
    assert_eq!(facts, [Published, Unpublished, Updated, Updated, Published]);
    world.finish().await;
}

#[tokio::test]
async fn verdicts_and_publications_at_once_end_as_the_newest_verdict_says() {
    let world = World::start().await;
    let ann = world.author("ann");
    for round in 0..10 {
        let id = ann.write(&format!("Round {round}"), "published").await;
        let (last, status) = match round % 2 {
            0 => (Outcome::Approved, "published"),
            _ => (Outcome::Rejected, "draft"),
        };
        // Five at once, which the service works on side by side, while the author tries to publish.
        let at_once = async {
            for version in 1..=4 {
                world
                    .publish("moderation", &verdict(&id, 1, Outcome::Flagged), version)
                    .await;
            }
            world.judged(&id, 1, last, 5).await;
        };
        let author = async {
            for _ in 0..5 {
                let answer = ann.edit(&id, &json!({ "status": "published" })).await;
                assert!(matches!(answer.status, 200 | 409), "{}", answer.text());
            }
        };
        tokio::join!(at_once, author);
        assert_eq!(told(&ann, &id).await.0, status, "round {round}");
    }
    world.finish().await;
}
