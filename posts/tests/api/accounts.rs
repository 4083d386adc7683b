//! What becomes of posts and reactions when an account is deleted.

use common::{
    event::{Event, PostFact, ReactionFact, Role, Timestamp, UserFact, UserState},
    ids::UserId,
};
use serde_json::json;
use testkit::eventually;

use crate::fixture::World;

fn deleted(id: UserId) -> Event {
    let state = UserState {
        id,
        role: Role::Author,
        profile: None,
        created_at: Timestamp::now(),
    };
    Event::User(UserFact::Deleted, state)
}

async fn posts_of(world: &World, author: UserId) -> usize {
    let page = world
        .author_of(author, "x")
        .get("/api/posts/mine?limit=100")
        .await
        .expect(200);
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn with_the_account_go_all_posts_and_reactions_and_nobody_elses() {
    let world = World::start().await;
    let (ann, bob) = (world.author("ann"), world.author("bob"));
    // More than one step of the work.
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
    world.publish("auth", &event, 2).await;

    eventually("ann's posts are gone", async || {
        (posts_of(&world, ann.id).await == 0).then_some(())
    })
    .await;
    let log = world.log().await;
    let cause = log
        .iter()
        .find(|entry| matches!(entry.event.event, Event::User(..)))
        .unwrap();
    let gone: Vec<_> = log
        .iter()
        .filter(|entry| matches!(&entry.event.event, Event::Post(PostFact::Deleted, post) if post.author_id == ann.id))
        .collect();
    assert_eq!(gone.len(), 61);
    assert!(
        gone.iter()
            .all(|entry| entry.event.envelope.causation_id == Some(cause.event.envelope.id))
    );
    assert_eq!(posts_of(&world, bob.id).await, 1);
    assert_eq!(
        world.reaction_facts().await,
        [ReactionFact::Added, ReactionFact::Added, ReactionFact::Removed]
    );

    // Said again, it changes nothing.
    let before = world.log().await.len();
    world.publish("auth", &event, 2).await;
    assert_eq!(world.log().await.len(), before + 1);
    world.finish().await;
}

#[tokio::test]
async fn what_a_crash_left_is_finished_after_the_restart() {
    let mut world = World::start().await;
    let ann = world.author("ann");
    for n in 0..3 {
        ann.write(&format!("Post {n}"), "published").await;
    }
    world.running().settled().await;
    world.stop_service().await;
    world.publish("auth", &deleted(ann.id), 2).await;
    world.start_service().await;
    eventually("ann's posts are gone", async || {
        (posts_of(&world, ann.id).await == 0).then_some(())
    })
    .await;
    world.finish().await;
}

#[tokio::test]
async fn a_crash_in_the_middle_is_finished_by_the_next_delivery() {
    let world = World::start().await;
    let ann = world.author("ann");
    for n in 0..40 {
        ann.write(&format!("Post {n}"), "published").await;
    }
    let commands = posts::commands::Commands::new(world.storage(), &Default::default());
    let cause = runtime::store::Cause::service("posts", "test");
    let some_are_gone = eventually("some posts are gone", async || {
        (posts_of(&world, ann.id).await < 40).then_some(())
    });
    // Dropped wherever it is, as a killed process leaves it.
    tokio::select! {
        biased;
        () = some_are_gone => {}
        result = commands.delete_all_of(ann.id, &cause) => result.unwrap(),
    }

    world.publish("auth", &deleted(ann.id), 2).await;

    eventually("all posts are gone", async || {
        (posts_of(&world, ann.id).await == 0).then_some(())
    })
    .await;
    let log = world.log().await;
    let gone = log
        .iter()
        .filter(|entry| matches!(entry.event.event, Event::Post(PostFact::Deleted, _)));
    assert_eq!(gone.count(), 40);
    world.finish().await;
}
