//! Failures of one dependency.

use std::time::Instant;

use common::{
    event::{Event, PostFact},
    ids::UserId,
};
use serde_json::json;
use testkit::{DatabaseServer, OUTAGE_LIMIT, TestDatabase, eventually};

use crate::blog::{Blog, post, publish};

#[tokio::test]
async fn without_the_database_cached_responses_are_served_and_others_are_503() {
    let mut server = DatabaseServer::start().await;
    let blog = Blog::start_on(TestDatabase::on(&server.uri(), "query")).await;
    let state = post(UserId::generate(), "kept", "Words.");
    let token = blog.publish_post(&state).await;
    blog.read_json("/api/query/posts/kept", &token).await;

    server.freeze();
    blog.client.get("/api/query/posts/kept").send().await.expect(200);
    blog.client
        .get("/api/query/posts/kept")
        .header("consistency-token", &token)
        .send()
        .await
        .expect(200);
    let ahead = format!("post:{}@2", state.id);
    for (path, token) in [
        ("/api/query/posts/other", None),
        ("/api/query/tags", Some(&ahead)),
    ] {
        let mut request = blog.client.get(path);
        if let Some(token) = token {
            request = request.header("consistency-token", token);
        }
        let started = Instant::now();
        let response = request.send().await;
        response.refused(503, "unavailable");
        assert_eq!(response.header("retry-after"), "1");
        assert!(
            started.elapsed() < OUTAGE_LIMIT,
            "{path}: {:?}",
            started.elapsed()
        );
    }
    server.thaw();

    server.stop();
    let started = Instant::now();
    blog.client
        .get("/api/query/posts?limit=7")
        .send()
        .await
        .refused(503, "unavailable");
    assert!(started.elapsed() < OUTAGE_LIMIT, "{:?}", started.elapsed());
    let next = post(UserId::generate(), "next", "Words.");
    let token = blog.publish_post(&next).await;
    server.restart().await;
    eventually("it recovers", async || {
        let response = blog
            .client
            .get("/api/query/posts/next")
            .header("consistency-token", &token)
            .send()
            .await;
        (response.status == 200).then_some(())
    })
    .await;
    blog.service.stop().await;
}

#[tokio::test]
async fn without_the_bus_reads_are_served_and_catch_up_later() {
    let mut blog = Blog::start().await;
    let mut state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish_post(&state).await;
    blog.read_json("/api/query/posts/a-post", &token).await;

    blog.nats.stop();
    blog.client
        .get("/api/query/posts/a-post")
        .send()
        .await
        .expect(200);
    blog.client.get("/api/query/tags").send().await.expect(200);
    blog.nats.restart().await;

    state.content.as_mut().unwrap().title = "After".to_owned();
    eventually("the bus is back", async || blog.bus.is_connected().then_some(())).await;
    publish(&blog.bus, Event::Post(PostFact::Updated, state), 2).await;
    eventually("it continues", async || {
        let shown = blog.client.get("/api/query/posts/a-post").send().await.json();
        (shown["title"] == json!("After")).then_some(())
    })
    .await;
    blog.finish().await;
}
