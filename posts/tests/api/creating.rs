//! Creating posts.

use common::{
    api::posts::{PostList, PostSource},
    event::{PostFact, PostStatus},
};
use futures::future::join_all;
use serde_json::json;

use crate::fixture::{Fixture, parse};

#[tokio::test]
async fn a_draft_is_created_and_read_by_its_author() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let answer = ann
        .post(&json!({
            "title": "  Hello  ", "body": "# Hi\n", "summary": " short ", "tags": ["C++", "Event  Sourcing", "c++", "event-sourcing"],
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
    let source: PostSource = parse(post.clone());
    let expected = PostSource {
        language: None,
        id: id.parse().unwrap(),
        author_id: ann.id,
        version: 1,
        status: Some(PostList::Draft),
        slug: None,
        former_slugs: Vec::new(),
        title: "Hello".to_owned(),
        body: "# Hi\n".to_owned(),
        summary: Some("short".to_owned()),
        tags: vec!["C++".to_owned(), "Event Sourcing".to_owned()],
        cover: Some("https://example.com/a.png".to_owned()),
        publish_at: None,
        created_at: source.created_at,
        updated_at: source.created_at,
        published_at: None,
        moderation: None,
    };
    assert_eq!(source, expected);
    let read = ann.read(id).await;
    assert_eq!((read.version(), read.expect(200)), (1, post.clone()));
    fixture.finish().await;
}

#[tokio::test]
async fn the_event_of_a_published_post_contains_its_content() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
    let body = json!({ "title": "Привет, мир", "body": "Text", "tags": ["a"], "status": "published" });
    let post = ann.post(&body).await.expect(201);
    assert_eq!(post["slug"], "privet-mir");
    assert_eq!(post["status"], "published");

    let log = fixture.log().await;
    assert_eq!(log.len(), 1);
    let envelope = &log[0].event.envelope;
    assert_eq!(
        (envelope.aggregate_version, envelope.service.as_str()),
        (1, "posts")
    );
    assert_eq!(envelope.actor, format!("user:{}", ann.id));
    let events = fixture.events_of(post["id"].as_str().unwrap()).await;
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
    fixture.finish().await;
}

#[tokio::test]
async fn twenty_concurrent_requests_with_one_idempotency_key_create_one_post() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
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
    assert_eq!(fixture.log().await.len(), 1);
    let mine = ann.get("/api/posts/mine").await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    fixture.finish().await;
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_its_user_and_its_body() {
    let fixture = Fixture::start().await;
    let (ann, bob) = (fixture.author("ann"), fixture.author("bob"));
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
    fixture.finish().await;
}

#[tokio::test]
async fn a_repeated_request_after_the_scheduled_time_finds_the_first_result() {
    let fixture = Fixture::start().await;
    let ann = fixture.author("ann");
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
    fixture.finish().await;
}
