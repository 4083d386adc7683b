//! Slugs: unique, stable, and kept after a renaming.

use futures::future::join_all;
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn concurrent_publications_with_one_title_get_different_slugs() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
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
    fixture.finish().await;
}

#[tokio::test]
async fn two_drafts_with_one_title_published_concurrently_get_different_slugs() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
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
    fixture.finish().await;
}

#[tokio::test]
async fn a_renamed_post_keeps_its_former_slug() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("First name", "published").await;
    let post = ann
        .edit(&id, &json!({ "title": "Second name" }))
        .await
        .expect(200);
    assert_eq!(post["slug"], "second-name");
    assert_eq!(post["former_slugs"], json!(["first-name"]));
    let (_, state) = fixture.events_of(&id).await.pop().unwrap();
    assert_eq!(state.slug.as_deref(), Some("second-name"));
    assert_eq!(state.former_slugs, ["first-name"]);

    let other = ann.write("First name", "published").await;
    let slug = ann.read(&other).await.expect(200)["slug"].clone();
    assert_ne!(slug, "first-name");

    let back = ann.edit(&id, &json!({ "title": "First name" })).await.expect(200);
    assert_eq!(back["slug"], "first-name");
    assert_eq!(back["former_slugs"], json!(["second-name"]));
    fixture.finish().await;
}

#[tokio::test]
async fn an_unpublished_and_renamed_post_gets_its_new_slug_when_it_is_republished() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Old", "published").await;
    ann.edit(&id, &json!({ "status": "draft" })).await.expect(200);
    let draft = ann.edit(&id, &json!({ "title": "Newer" })).await.expect(200);
    assert_eq!(draft["slug"], "old");
    let public = ann.edit(&id, &json!({ "status": "published" })).await.expect(200);
    assert_eq!(
        (&public["slug"], &public["former_slugs"]),
        (&json!("newer"), &json!(["old"]))
    );
    fixture.finish().await;
}
