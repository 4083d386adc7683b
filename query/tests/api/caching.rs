//! Responses in memory are never older than the latest change note, on any replica.

use common::{event::PostFact, ids::UserId};
use serde_json::json;
use testkit::{Client, eventually};

use crate::blog::{Blog, post};

#[tokio::test]
async fn a_known_response_is_not_sent_again() {
    let blog = Blog::start().await;
    let mut state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    for path in ["/api/query/posts", "/api/query/posts/a-post", "/api/query/tags"] {
        let response = blog.read(path, &token).await;
        let etag = response.header("etag");
        assert!(etag.starts_with('"') && etag.len() > 10, "{etag}");
        assert_eq!(
            response.header("cache-control"),
            "public, max-age=0, must-revalidate"
        );
        for known in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"other\", {etag}"),
            "*".to_owned(),
        ] {
            let again = blog.client.get(path).header("if-none-match", &known).send().await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {known}");
            assert_eq!(again.header("etag"), etag);
        }
        let other = blog
            .client
            .get(path)
            .header("if-none-match", "\"other\"")
            .send()
            .await;
        assert_eq!(other.status, 200);
    }

    let known = blog.read("/api/query/posts/a-post", &token).await.header("etag");
    state.content.as_mut().unwrap().title = "New".to_owned();
    let token = blog.publish(PostFact::Updated, 2, &state).await;
    let request = blog
        .client
        .get("/api/query/posts/a-post")
        .header("if-none-match", &known);
    let changed = request.header("consistency-token", &token).send().await;
    assert_eq!(changed.expect(200)["title"], "New");
    assert_ne!(changed.header("etag"), known);
    blog.finish().await;
}

#[tokio::test]
async fn a_change_invalidates_the_caches_of_all_replicas() {
    let blog = Blog::start().await;
    let replica = blog.replica().await;
    let clients = [blog.client.clone(), replica.client()];
    let mut state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    let title =
        async |client: &Client| client.get("/api/query/posts/a-post").send().await.json()["title"].clone();
    for client in &clients {
        client
            .get("/api/query/posts/a-post")
            .header("consistency-token", &token)
            .send()
            .await
            .expect(200);
    }
    for version in 2..20_u64 {
        state.content.as_mut().unwrap().title = format!("Title {version}");
        let token = blog.publish(PostFact::Updated, version, &state).await;
        // One replica gets a request with a token, the other only the change note, long before its response expires.
        let [first, other] = if version % 2 == 0 {
            [&clients[0], &clients[1]]
        } else {
            [&clients[1], &clients[0]]
        };
        let response = first
            .get("/api/query/posts/a-post")
            .header("consistency-token", &token)
            .send()
            .await;
        assert_eq!(response.expect(200)["title"], json!(format!("Title {version}")));
        let started = std::time::Instant::now();
        eventually("the note arrives", async || {
            (title(other).await == json!(format!("Title {version}"))).then_some(())
        })
        .await;
        assert!(
            started.elapsed() < query::cache::LIFETIME,
            "only the expiry helped"
        );
    }
    replica.stop().await;
    blog.finish().await;
}

#[tokio::test]
async fn another_replica_takes_over_the_projection() {
    let blog = Blog::start().await;
    let state = post(UserId::generate(), "first", "Words.");
    let token = blog.publish_post(&state).await;
    blog.read_json("/api/query/posts/first", &token).await;
    let replica = blog.replica().await;
    let Blog {
        nats,
        database,
        bus,
        service,
        ..
    } = blog;
    service.stop().await;

    let next = post(UserId::generate(), "second", "Words.");
    crate::blog::publish(&bus, common::event::Event::Post(PostFact::Published, next), 1).await;

    let client = replica.client();
    eventually("the other replica projects", async || {
        (client.get("/api/query/posts/second").send().await.status == 200).then_some(())
    })
    .await;
    replica.stop().await;
    database.remove().await;
    drop(nats);
}
