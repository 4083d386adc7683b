//! Rebuilds of the read model, and a recreated log.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use common::{
    event::{Event, PostFact, PostState},
    ids::UserId,
};
use futures::TryStreamExt as _;
use mongodb::{
    Database,
    bson::{DateTime, Document, doc},
};
use query::{
    admin_cli::{QueryCommand, run},
    model::MODEL_VERSION,
    store::Store,
};
use serde_json::json;
use testkit::{RunningService, TestDatabase, eventually};

use crate::blog::{Blog, comment, follow, like, post, publish, settings, user};

async fn live(database: &Database) -> i32 {
    let meta = database.collection::<Document>("meta");
    let live = meta.find_one(doc! { "_id": "live" }).await.unwrap().unwrap();
    let number = live
        .get_i64("generation")
        .map(|number| i32::try_from(number).unwrap());
    number.or_else(|_| live.get_i32("generation")).unwrap()
}

async fn dump(database: &Database, generation: i32) -> Vec<Vec<Document>> {
    let mut dump = Vec::new();
    for what in query::store::COLLECTIONS {
        let collection = database.collection::<Document>(&format!("g{generation}_{what}"));
        let found = collection.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
        let mut documents: Vec<Document> = found.try_collect().await.unwrap();
        for document in &mut documents {
            document.remove("batch");
            let mut fields: Vec<_> = std::mem::take(document).into_iter().collect();
            fields.sort_by(|(left, _), (right, _)| left.cmp(right));
            document.extend(fields);
        }
        dump.push(documents);
    }
    dump
}

#[tokio::test]
async fn a_rebuild_under_load_has_no_gap_and_results_in_the_same_model() {
    let blog = Blog::start().await;
    let database = blog.database.connect().await;
    let ann = blog.create_user("ann").await;
    let state = post(ann.id, "steady", "Words.");
    for number in 0..200 {
        blog.publish_post(&post(ann.id, &format!("post-{number}"), "# Words\n\n`more`"))
            .await;
    }
    blog.publish_post(&state).await;
    eventually("all of it is shown", async || {
        let shown = blog.client.get("/api/query/posts/steady").send().await;
        (shown.status == 200).then_some(())
    })
    .await;

    // A client writes and reads all the time.
    let stop = Arc::new(AtomicBool::new(false));
    let rounds = Arc::new(AtomicU64::new(0));
    let (bus, client, stopped) = (blog.bus.clone(), blog.client.clone(), stop.clone());
    let done = rounds.clone();
    let (id, author) = (state.id, ann.id);
    let traffic = tokio::spawn(async move {
        let mut writes = 0_u64;
        while !stopped.load(Ordering::Relaxed) {
            writes += 1;
            let mut changed = PostState {
                id,
                ..post(author, "steady", "Words.")
            };
            changed.content.as_mut().unwrap().title = format!("Title {writes}");
            changed.published_at = state.published_at;
            publish(&bus, Event::Post(PostFact::Updated, changed), writes + 1).await;
            let token = format!("post:{id}@{}", writes + 1);
            let response = client
                .get("/api/query/posts/steady")
                .header("consistency-token", &token)
                .send()
                .await;
            assert_eq!(response.header("stale"), "", "write {writes}");
            assert_eq!(response.expect(200)["title"], json!(format!("Title {writes}")));
            let list = client.get("/api/query/posts?limit=100").send().await.expect(200);
            assert_eq!(list["items"].as_array().unwrap().len(), 100);
            done.store(writes, Ordering::Relaxed);
        }
        writes
    });
    let replica = blog.replica().await;
    let reached = async |number: u64| {
        eventually("a client writes and reads", async || {
            (rounds.load(Ordering::Relaxed) >= number).then_some(())
        })
        .await;
    };
    reached(1).await;
    let platform = blog.service.context();
    run(
        platform.clone(),
        settings(),
        QueryCommand::Rebuild { no_wait: false },
    )
    .await
    .unwrap();
    assert_eq!(live(&database).await, 2);
    reached(rounds.load(Ordering::Relaxed) + 2).await;
    stop.store(true, Ordering::Relaxed);
    let writes = traffic.await.unwrap();

    // A third generation, built from the same log at rest, is the same.
    let before = dump(&database, 2).await;
    assert_eq!(before[0].len(), 201);
    run(
        platform.clone(),
        settings(),
        QueryCommand::Rebuild { no_wait: false },
    )
    .await
    .unwrap();
    assert_eq!(live(&database).await, 3);
    assert_eq!(dump(&database, 3).await, before);

    // Every replica reads it, and old ones are removed.
    eventually("old generations are removed", async || {
        let names = database.list_collection_names().await.ok()?;
        names
            .iter()
            .all(|name| !name.starts_with("g1_") && !name.starts_with("g2_"))
            .then_some(())
    })
    .await;
    let token = format!("post:{id}@{}", writes + 1);
    let response = replica
        .client()
        .get("/api/query/posts/steady")
        .header("consistency-token", &token)
        .send()
        .await;
    assert_eq!(response.expect(200)["title"], json!(format!("Title {writes}")));
    replica.stop().await;
    blog.finish().await;
}

#[tokio::test]
async fn a_model_of_an_older_release_is_rebuilt_automatically() {
    let mut blog = Blog::start().await;
    let ann = blog.create_user("ann").await;
    blog.publish_post(&post(ann.id, "a-post", "Words.")).await;
    let reader = UserId::generate();
    let (fact, followed) = follow(reader, ann.id, true);
    let token = blog.publish(fact, 1, &followed).await;
    blog.read_json("/api/query/posts/a-post", &token).await;
    let database = blog.database.connect().await;
    blog.service.stop().await;
    let before = dump(&database, 1).await;
    make_older(&database).await;

    blog.service = RunningService::start(query::service(), &blog.nats, &blog.database, settings()).await;
    blog.client = blog.service.client();
    // Meanwhile, what the older release could return is returned.
    let mut waited = 0;
    while live(&database).await != 2 {
        let shown = blog
            .client
            .get("/api/query/posts/a-post")
            .send()
            .await
            .expect(200);
        assert_eq!(shown["title"], "About a-post");
        let listed = blog
            .client
            .get("/api/query/posts?author=ann")
            .send()
            .await
            .expect(200);
        assert_eq!(listed["items"][0]["id"], shown["id"]);
        let ann = blog.client.get("/api/query/users/ann").send().await.expect(200);
        assert_eq!(ann["counts"]["followers"], 1);
        waited += 1;
        assert!(waited < 10_000, "no new generation");
    }
    assert_eq!(dump(&database, 2).await, before);
    eventually("it is read", async || {
        let found = blog
            .client
            .get("/api/query/posts?q=about")
            .send()
            .await
            .expect(200);
        (found["items"][0]["slug"] == "a-post").then_some(())
    })
    .await;
    let months = blog.client.get("/api/query/archive").send().await.expect(200);
    assert_eq!(months["items"][0]["posts"], 1);
    let following = blog
        .signed_in(reader)
        .get("/api/query/following")
        .send()
        .await
        .expect(200);
    assert_eq!(following["items"][0]["slug"], "a-post");
    blog.finish().await;
}

/// Converts the first generation to the format of the previous release.
async fn make_older(database: &Database) {
    let collection = |name: &str| database.collection::<Document>(name);
    let version = i64::from(query::model::MODEL_VERSION) - 1;
    let live = doc! { "$set": { "model_version": version } };
    collection("meta")
        .update_one(doc! { "_id": "live" }, live)
        .await
        .unwrap();
    let removed = doc! { "$unset": { "search_words": "", "search_text": "", "month": "" } };
    collection("g1_posts")
        .update_many(doc! {}, removed)
        .await
        .unwrap();
    let removed = doc! { "$unset": { "changed_at": "" } };
    collection("g1_follows")
        .update_many(doc! {}, removed)
        .await
        .unwrap();
    let counts = doc! { "$set": { "counts": { "posts": 1_i64, "followers": 1_i64, "following": 0_i64 } } };
    collection("g1_users").update_many(doc! {}, counts).await.unwrap();
    for counters in ["g1_post_counts", "g1_user_counts", "g1_months", "g1_words"] {
        collection(counters).drop().await.unwrap();
    }
    for (name, indexes) in [("g1_posts", vec!["by_word"]), ("g1_follows", vec!["followed"])] {
        for index in indexes {
            collection(name).drop_index(index).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_generation_that_was_never_begun_neither_lends_its_number_nor_takes_the_live_data() {
    let test_database = TestDatabase::new("query");
    let database = test_database.connect().await;
    let meta = Store::new(&database).meta;
    meta.live_or_first().await.unwrap();
    // An older release has requested a rebuild that it never began.
    let abandoned =
        doc! { "_id": "building", "generation": 2, "model_version": i64::from(MODEL_VERSION) - 1 };
    let documents = database.collection::<Document>("meta");
    documents.insert_one(abandoned).await.unwrap();

    let building = meta.request_rebuild().await.unwrap();

    assert_eq!(building.generation, 3);
    meta.acquire(3).await.unwrap();
    meta.switch(1, building).await.unwrap();
    let later = DateTime::from_millis(DateTime::now().timestamp_millis() + 3_600_000);
    assert_eq!(meta.retired(later).await.unwrap(), [2]);
    // Nor does a note of an older release that retires it.
    for number in [3, 4] {
        let retired = doc! { "_id": format!("retired:{number}"), "at": DateTime::now() };
        documents.insert_one(retired).await.unwrap();
    }
    assert_eq!(meta.retired(later).await.unwrap(), [2]);
    test_database.remove().await;
}

#[tokio::test]
async fn a_recreated_log_is_read_from_its_beginning() {
    let blog = Blog::start().await;
    let database = blog.database.connect().await;
    let ann = user("ann");
    let state = post(ann.id, "a-post", "Words.");
    let events = [
        Event::User(common::event::UserFact::Registered, ann.clone()),
        Event::Post(PostFact::Published, state.clone()),
        Event::Comment(
            common::event::CommentFact::Approved,
            comment(state.id, None, ann.id, "Mine."),
        ),
        {
            let (fact, like) = like(state.id, ann.id, true);
            Event::Reaction(fact, like)
        },
    ];
    for event in &events {
        publish(&blog.bus, event.clone(), 1).await;
    }
    let (fact, last) = like(state.id, UserId::generate(), true);
    let token = blog.publish(fact, 1, &last).await;
    blog.read_json("/api/query/posts/a-post", &token).await;
    let before = dump(&database, 1).await;

    blog.nats.delete_log().await;
    // The model stays, and republished events change nothing.
    blog.client
        .get("/api/query/posts/a-post")
        .send()
        .await
        .expect(200);
    for event in events.iter().rev() {
        publish(&blog.bus, event.clone(), 1).await;
    }
    let mut newer = state.clone();
    newer.content.as_mut().unwrap().title = "After".to_owned();
    publish(&blog.bus, Event::Post(PostFact::Updated, newer), 2).await;
    let shown = eventually("the new log is read", async || {
        let shown = blog.client.get("/api/query/posts/a-post").send().await.json();
        (shown["title"] == "After").then_some(shown)
    })
    .await;
    assert_eq!(shown["counts"], json!({ "comments": 1, "reactions": 2 }));
    publish(&blog.bus, Event::Post(PostFact::Updated, state), 3).await;
    eventually("it is as it was", async || {
        let mut now = dump(&database, 1).await;
        now[0][0].insert("v", 1_i64);
        (now == before).then_some(())
    })
    .await;
    blog.finish().await;
}
