//! Creating posts.

use common::event::{PostFact, PostStatus};
use futures::future::join_all;
use serde_json::json;

use crate::fixture::World;

#[tokio::test]
async fn a_draft_is_created_and_read_back_by_its_author() {
    let world = World::start().await;
    let ann = world.author("ann");
    let answer = ann
        .post(&json!({
            "title": "  Hello  ", "body": "# Hi\n", "summary": " short ", "tags": ["Rust", "event  sourcing", "RUST"],
            "cover": "https://example.com/a.png",
        }))
        .await;

    let post = answer.expect(201);
    let id = post["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/api/posts/{id}"));
    assert_eq!(answer.version(), 1);
    assert_eq!(answer.consistency_token(), format!("post:{id}@1"));
    assert!(
        answer
            .headers("set-cookie")
            .iter()
            .any(|cookie| cookie.contains(&format!("post:{id}@1")))
    );
    for (field, value) in [
        ("author_id", json!(ann.id)),
        ("version", json!(1)),
        ("status", json!("draft")),
        ("slug", json!(null)),
        ("former_slugs", json!([])),
        ("title", json!("Hello")),
        ("body", json!("# Hi\n")),
        ("summary", json!("short")),
        ("tags", json!(["rust", "event-sourcing"])),
        ("cover", json!("https://example.com/a.png")),
        ("publish_at", json!(null)),
        ("published_at", json!(null)),
    ] {
        assert_eq!(post[field], value, "{field}");
    }
    let read = ann.read(id).await;
    assert_eq!((read.version(), read.expect(200)), (1, post.clone()));
    world.finish().await;
}

#[tokio::test]
async fn a_published_post_goes_into_the_log_whole() {
    let world = World::start().await;
    let ann = world.author("ann");
    let body = json!({ "title": "Привет, мир", "body": "Text", "tags": ["a"], "status": "published" });
    let post = ann.post(&body).await.expect(201);
    assert_eq!(post["slug"], "privet-mir");
    assert_eq!(post["status"], "published");

    let log = world.log().await;
    assert_eq!(log.len(), 1);
    let envelope = &log[0].event.envelope;
    assert_eq!(
        (envelope.aggregate_version, envelope.service.as_str()),
        (1, "posts")
    );
    assert_eq!(envelope.actor, format!("user:{}", ann.id));
    let events = world.events_of(post["id"].as_str().unwrap()).await;
    let (fact, state) = &events[0];
    assert_eq!(
        (*fact, state.status),
        (PostFact::Published, PostStatus::Published)
    );
    assert_eq!(state.slug.as_deref(), Some("privet-mir"));
    let content = state.content.as_ref().unwrap();
    assert_eq!(
        (content.title.as_str(), content.body.as_str()),
        ("Привет, мир", "Text")
    );
    assert_eq!(content.tags, ["a"]);
    assert!(state.published_at.is_some());
    world.finish().await;
}

#[tokio::test]
async fn one_idempotency_key_sent_twenty_times_at_once_makes_one_post() {
    let world = World::start().await;
    let ann = world.author("ann");
    let body = json!({ "title": "Once", "body": "Text", "status": "published" });
    let sent = (0..20).map(|_| {
        let request = ann
            .client
            .post("/api/posts")
            .header("idempotency-key", "key-1")
            .json(&body);
        request.send()
    });

    let answers = join_all(sent).await;

    let first = answers[0].expect(201);
    for answer in &answers {
        assert_eq!(answer.expect(201), first);
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    assert_eq!(first["slug"], "once");
    assert_eq!(world.log().await.len(), 1);
    let mine = ann.get("/api/posts/mine").await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_key_belongs_to_its_user_and_its_body() {
    let world = World::start().await;
    let (ann, bob) = (world.author("ann"), world.author("bob"));
    let send = async |author: &crate::fixture::Author, title: &str| {
        let body = json!({ "title": title, "body": "x" });
        let request = author.client.post("/api/posts").header("idempotency-key", "k");
        request.json(&body).send().await
    };
    let first = send(&ann, "One").await.expect(201);
    assert_eq!(send(&ann, "One").await.expect(201), first);
    send(&ann, "Two").await.refused(422, "idempotency_key_reused");
    assert_ne!(send(&bob, "One").await.expect(201)["id"], first["id"]);

    let id = first["id"].as_str().unwrap();
    ann.delete(id).await.expect(204);
    send(&ann, "One").await.refused(410, "gone");
    world.finish().await;
}

#[tokio::test]
async fn a_repetition_after_the_planned_time_finds_the_first_result() {
    let world = World::start().await;
    let ann = world.author("ann");
    let at = common::event::Timestamp::now().plus(std::time::Duration::from_millis(700));
    let body = json!({ "title": "Soon", "body": "x", "publish_at": at });
    let send = async || {
        let request = ann.client.post("/api/posts").header("idempotency-key", "k");
        request.json(&body).send().await
    };
    let first = send().await.expect(201);
    let id = first["id"].as_str().unwrap();
    ann.sees(id, "published").await;
    assert_eq!(send().await.expect(201)["id"], id);
    ann.post(&body)
        .await
        .refused_field(422, "out_of_range", "publish_at");
    world.finish().await;
}
