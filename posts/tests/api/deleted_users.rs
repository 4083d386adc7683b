//! Posts and reactions of deleted users.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::consumer::PullConsumer;
use common::{
    event::{
        Event, PostFact, ReactionFact, Role, STREAM, Timestamp, UserFact, UserState, topology::POSTS_USERS,
    },
    ids::UserId,
};
use futures::future::join_all;
use serde_json::json;
use testkit::{Response, eventually};

use crate::fixture::{Author, Fixture};

fn deleted(id: UserId) -> Event {
    let state = UserState {
        id,
        role: Role::Author,
        profile: None,
        created_at: Timestamp::now(),
    };
    Event::User(UserFact::Deleted, state)
}

async fn posts_of(fixture: &Fixture, author: UserId) -> usize {
    let page = fixture
        .author_of(author, "x")
        .get("/api/posts/mine?limit=100")
        .await
        .expect(200);
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_deleted_user_s_posts_and_reactions_are_deleted_and_no_others() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    // More than one batch.
    for n in 0..60 {
        ann.write(
            &format!("Post {n}"),
            if n % 3 == 0 { "draft" } else { "published" },
        )
        .await;
    }
    let ahead = Timestamp::now().plus(std::time::Duration::from_secs(3600));
    let planned = json!({ "title": "Planned", "body": "x", "publish_at": ahead });
    ann.post(&planned).await.expect(201);
    let bobs = bob.write("Bob's", "published").await;
    for author in [&ann, &bob] {
        author
            .client
            .put(&format!("/api/posts/{bobs}/reaction"))
            .send()
            .await
            .expect(200);
    }

    let event = deleted(ann.id);
    fixture.publish("auth", &event, 2).await;

    eventually("ann's posts are deleted", async || {
        (posts_of(&fixture, ann.id).await == 0).then_some(())
    })
    .await;
    let log = fixture.log().await;
    let cause = log
        .iter()
        .find(|entry| matches!(entry.event.event, Event::User(..)))
        .unwrap();
    let deletions: Vec<_> = log
        .iter()
        .filter(|entry| matches!(&entry.event.event, Event::Post(PostFact::Deleted, post) if post.author_id == ann.id))
        .collect();
    assert_eq!(deletions.len(), 61);
    assert!(
        deletions
            .iter()
            .all(|entry| entry.event.envelope.causation_id == Some(cause.event.envelope.id))
    );
    assert_eq!(posts_of(&fixture, bob.id).await, 1);
    assert_eq!(
        fixture.reaction_facts().await,
        [ReactionFact::Added, ReactionFact::Added, ReactionFact::Removed]
    );

    // A redelivery changes nothing.
    let before = fixture.log().await.len();
    fixture.publish("auth", &event, 2).await;
    assert_eq!(fixture.log().await.len(), before + 1);
    fixture.finish().await;
}

#[tokio::test]
async fn a_deletion_that_arrives_during_downtime_is_handled_after_the_restart() {
    let mut fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    for n in 0..3 {
        ann.write(&format!("Post {n}"), "published").await;
    }
    fixture.running().settled().await;
    fixture.stop_service().await;
    fixture.publish("auth", &deleted(ann.id), 2).await;
    fixture.start_service().await;
    eventually("ann's posts are deleted", async || {
        (posts_of(&fixture, ann.id).await == 0).then_some(())
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_deletion_interrupted_by_a_crash_is_completed_by_the_next_delivery() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    for n in 0..40 {
        ann.write(&format!("Post {n}"), "published").await;
    }
    let commands = posts::commands::Commands::new(
        fixture.running().context().storage().unwrap(),
        &Default::default(),
    );
    let cause = runtime::store::Cause::service("posts", "test");
    let some_are_deleted = eventually("some posts are deleted", async || {
        (posts_of(&fixture, ann.id).await < 40).then_some(())
    });
    // Dropped at any point, like a killed process.
    tokio::select! {
        biased;
        () = some_are_deleted => {}
        result = commands.delete_all_of(ann.id, &cause) => result.unwrap(),
    }

    fixture.publish("auth", &deleted(ann.id), 2).await;

    eventually("all posts are deleted", async || {
        (posts_of(&fixture, ann.id).await == 0).then_some(())
    })
    .await;
    let log = fixture.log().await;
    let deletions = log
        .iter()
        .filter(|entry| matches!(entry.event.event, Event::Post(PostFact::Deleted, _)));
    assert_eq!(deletions.count(), 40);
    fixture.finish().await;
}

/// Waits until the service has handled every event of users.
async fn handled(fixture: &Fixture) {
    eventually("the deletion is handled", async || {
        let consumer: PullConsumer = fixture
            .bus
            .jetstream()
            .get_consumer_from_stream(POSTS_USERS.name, STREAM)
            .await
            .ok()?;
        let info = consumer.get_info().await.ok()?;
        (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
    })
    .await;
}

/// The number of active reactions of `user`, as the log has them.
async fn reactions_of(fixture: &Fixture, user: UserId) -> usize {
    let mut active = HashMap::new();
    for entry in fixture.log().await {
        if let Event::Reaction(_, reaction) = entry.event.event
            && reaction.user_id == user
        {
            active.insert(reaction.post_id, reaction.active);
        }
    }
    active.values().filter(|active| **active).count()
}

async fn react(author: &Author, post: &str) -> Response {
    let path = format!("/api/posts/{post}/reaction");
    author.client.put(&path).send().await
}

#[tokio::test]
async fn a_deleted_user_with_a_valid_token_leaves_nothing() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    let liked = bob.write("Liked before", "published").await;
    let other = bob.write("Not liked", "published").await;
    react(&ann, &liked).await.expect(200);
    fixture.publish("auth", &deleted(ann.id), 2).await;
    handled(&fixture).await;
    assert_eq!(reactions_of(&fixture, ann.id).await, 0);

    for status in ["draft", "published"] {
        let body = json!({ "title": "Late", "body": "x", "status": status });
        ann.post(&body).await.refused(401, "session_revoked");
    }
    for post in [&liked, &other] {
        react(&ann, post).await.refused(401, "session_revoked");
    }

    eventually("nothing of ann remains", async || {
        let posts = posts_of(&fixture, ann.id).await;
        let reactions = reactions_of(&fixture, ann.id).await;
        (posts + reactions == 0).then_some(())
    })
    .await;
    react(&bob, &other).await.expect(200);
    assert_eq!(posts_of(&fixture, bob.id).await, 2);
    fixture.finish().await;
}

#[tokio::test]
async fn posts_and_reactions_created_during_the_deletion_do_not_remain() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    let mut liked = Vec::new();
    for n in 0..4 {
        liked.push(bob.write(&format!("Post {n}"), "published").await);
    }
    // Each client repeats its requests until it is refused, so that some commit after the handler has listed what there is.
    let write = async |n: usize| {
        let body = json!({ "title": format!("Post {n}"), "body": "x", "status": "published" });
        while ann.post(&body).await.status == 201 {}
    };
    let toggle = async |post: &String| {
        while react(&ann, post).await.status == 200 {
            let path = format!("/api/posts/{post}/reaction");
            ann.client.delete(&path).send().await.expect(204);
        }
    };
    let delete = async {
        eventually("posts of ann exist", async || {
            (posts_of(&fixture, ann.id).await > 4).then_some(())
        })
        .await;
        fixture.publish("auth", &deleted(ann.id), 2).await;
    };
    let requests = async {
        tokio::join!(
            join_all((0..4).map(write)),
            join_all(liked.iter().map(toggle)),
            delete
        )
    };
    tokio::time::timeout(Duration::from_secs(60), requests)
        .await
        .expect("a deleted user can still create");

    eventually("nothing of ann remains", async || {
        let posts = posts_of(&fixture, ann.id).await;
        let reactions = reactions_of(&fixture, ann.id).await;
        (posts + reactions == 0).then_some(())
    })
    .await;
    fixture.finish().await;
}

#[tokio::test]
async fn a_post_that_cannot_be_deleted_holds_up_no_other() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let other = ann.write("Other", "published").await;
    // The last changed one comes first.
    let unreadable = ann.write("Unreadable", "published").await;
    let posts = fixture.running().context().database().unwrap().clone();
    let posts = posts.collection::<mongodb::bson::Document>("posts");
    let id = mongodb::bson::doc! { "_id": &unreadable };
    let newer = mongodb::bson::doc! { "$set": { "state.text_version": "newer" } };
    posts.update_one(id.clone(), newer).await.unwrap();

    fixture.publish("auth", &deleted(ann.id), 2).await;

    eventually("the other post is deleted", async || {
        let deleted = mongodb::bson::doc! { "_id": &other, "state.status": "deleted" };
        (posts.count_documents(deleted).await.unwrap() == 1).then_some(())
    })
    .await;
    let readable = mongodb::bson::doc! { "$set": { "state.text_version": 1_i64 } };
    posts.update_one(id, readable).await.unwrap();
    let facts = fixture.facts_of(&unreadable).await;
    assert_eq!(facts.last(), Some(&PostFact::Deleted), "it is retried");
    fixture.finish().await;
}
