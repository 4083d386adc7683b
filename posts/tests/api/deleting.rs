//! Deleting posts.

use common::event::{PostFact, PostStatus};
use mongodb::bson::{Document, doc};
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn a_deleted_post_leaves_a_tombstone_without_content() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
    let marker = "OnceWasHere";
    let body = json!({ "title": marker, "body": marker, "summary": marker, "tags": [marker], "status": "published" });
    let id = ann.post(&body).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    ann.edit(&id, &json!({ "body": format!("{marker} again") }))
        .await
        .expect(200);

    let answer = ann.delete(&id).await;

    answer.expect(204);
    assert_eq!(answer.consistency_token(), format!("post:{id}@3"));
    ann.read(&id).await.refused(410, "gone");
    ann.edit(&id, &json!({ "title": "x" })).await.refused(410, "gone");
    ann.get(&format!("/api/posts/{id}/revisions"))
        .await
        .refused(410, "gone");
    bob.read(&id).await.refused(404, "not_found");
    assert_eq!(ann.get("/api/posts/mine").await.expect(200)["items"], json!([]));

    let events = fixture.events_of(&id).await;
    let (fact, state) = events.last().unwrap();
    assert_eq!((*fact, state.status), (PostFact::Deleted, PostStatus::Deleted));
    assert_eq!(
        (&state.content, &state.slug, state.former_slugs.len()),
        (&None, &None, 0)
    );

    let database = fixture.database.connect().await;
    for collection in ["posts", "post_revisions"] {
        let left = database
            .collection::<Document>(collection)
            .find_one(doc! {})
            .await
            .unwrap();
        let left = format!("{left:?}");
        assert!(!left.contains(marker), "{left}");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn a_repeated_deletion_changes_nothing_whatever_version_is_expected() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Gone", "published").await;
    let delete = |version: &str| {
        let request = ann.client.delete(&format!("/api/posts/{id}"));
        request.header("if-match", version).send()
    };
    let stale = delete("\"7\"").await;
    assert_eq!(stale.refused(412, "version_mismatch")["current_version"], 1);
    delete("\"1\"").await.expect(204);
    let again = delete("\"1\"").await;
    again.expect(204);
    assert_eq!(again.version(), 2);
    ann.delete(&id).await.expect(204);
    assert_eq!(
        fixture.facts_of(&id).await,
        [PostFact::Published, PostFact::Deleted]
    );
    fixture.finish().await;
}

#[tokio::test]
async fn the_slug_of_a_deleted_post_stays_reserved() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Taken", "published").await;
    ann.edit(&id, &json!({ "title": "Renamed" })).await.expect(200);
    ann.delete(&id).await.expect(204);
    for title in ["Taken", "Renamed"] {
        let next = ann.write(title, "published").await;
        let slug = ann.read(&next).await.expect(200)["slug"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(slug.starts_with(&format!("{}-", title.to_lowercase())), "{slug}");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn revisions_archived_by_a_concurrent_update_are_removed_by_the_sweep() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let id = ann.write("Raced", "published").await;
    ann.delete(&id).await.expect(204);
    let database = fixture.database.connect().await;
    let revisions = database.collection::<Document>("post_revisions");
    let left = doc! { "_id": format!("{id}@1"), "post_id": &id, "version": 1_i64 };
    revisions.insert_one(left).await.unwrap();

    let commands = posts::commands::Commands::new(
        fixture.running().context().storage().unwrap(),
        &Default::default(),
    );
    commands
        .purge_deleted(common::event::Timestamp::now())
        .await
        .unwrap();
    assert_eq!(
        revisions.count_documents(doc! {}).await.unwrap(),
        1,
        "an edit may still be under way"
    );
    let later = common::event::Timestamp::now().plus(std::time::Duration::from_secs(31));
    commands.purge_deleted(later).await.unwrap();
    assert_eq!(revisions.count_documents(doc! {}).await.unwrap(), 0);
    let marked = doc! { "purge_after": { "$exists": true } };
    assert_eq!(
        database
            .collection::<Document>("posts")
            .count_documents(marked)
            .await
            .unwrap(),
        0
    );
    fixture.finish().await;
}
