//! Addresses: one for each post, stable, and old ones lead on.

use futures::future::join_all;
use serde_json::json;

use crate::fixture::World;

#[tokio::test]
async fn two_publications_of_one_title_at_once_get_two_slugs() {
    let world = World::start().await;
    let (ann, bob) = (world.author("ann"), world.author("bob"));
    let body = json!({ "title": "Same title", "body": "x", "status": "published" });
    let answers = join_all([ann.post(&body), bob.post(&body), ann.post(&body), bob.post(&body)]).await;

    let mut slugs: Vec<String> = Vec::new();
    for answer in answers {
        slugs.push(answer.expect(201)["slug"].as_str().unwrap().to_owned());
    }
    slugs.sort();
    assert_eq!(slugs[0], "same-title");
    slugs.dedup();
    assert_eq!(slugs.len(), 4, "{slugs:?}");
    assert!(
        slugs[1..].iter().all(|slug| slug.starts_with("same-title-")),
        "{slugs:?}"
    );
    world.finish().await;
}

#[tokio::test]
async fn two_drafts_of_one_title_published_at_once_get_two_slugs() {
    let world = World::start().await;
    let ann = world.author("ann");
    let (one, two) = (
        ann.write("Twins", "draft").await,
        ann.write("Twins", "draft").await,
    );
    let publish = json!({ "status": "published" });
    let (first, second) = tokio::join!(ann.edit(&one, &publish), ann.edit(&two, &publish));
    let slugs = [
        first.expect(200)["slug"].clone(),
        second.expect(200)["slug"].clone(),
    ];
    assert!(slugs.contains(&json!("twins")), "{slugs:?}");
    assert_ne!(slugs[0], slugs[1]);
    world.finish().await;
}

#[tokio::test]
async fn a_renamed_post_keeps_its_old_slug_and_nobody_else_gets_it() {
    let world = World::start().await;
    let ann = world.author("ann");
    let id = ann.write("First name", "published").await;
    let post = ann
        .edit(&id, &json!({ "title": "Second name" }))
        .await
        .expect(200);
    assert_eq!(post["slug"], "second-name");
    assert_eq!(post["former_slugs"], json!(["first-name"]));
    let (_, state) = world.events_of(&id).await.pop().unwrap();
    assert_eq!(state.slug.as_deref(), Some("second-name"));
    assert_eq!(state.former_slugs, ["first-name"]);

    let other = ann.write("First name", "published").await;
    let slug = ann.read(&other).await.expect(200)["slug"].clone();
    assert_ne!(slug, "first-name");

    let back = ann.edit(&id, &json!({ "title": "First name" })).await.expect(200);
    assert_eq!(back["slug"], "first-name");
    assert_eq!(back["former_slugs"], json!(["second-name"]));
    world.finish().await;
}

#[tokio::test]
async fn a_draft_that_was_public_changes_its_slug_when_it_is_public_again() {
    let world = World::start().await;
    let ann = world.author("ann");
    let id = ann.write("Old", "published").await;
    ann.edit(&id, &json!({ "status": "draft" })).await.expect(200);
    let draft = ann.edit(&id, &json!({ "title": "Newer" })).await.expect(200);
    assert_eq!(draft["slug"], "old");
    let public = ann.edit(&id, &json!({ "status": "published" })).await.expect(200);
    assert_eq!(
        (&public["slug"], &public["former_slugs"]),
        (&json!("newer"), &json!(["old"]))
    );
    world.finish().await;
}
