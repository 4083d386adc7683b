//! With one part down the rest goes on.

use std::time::Instant;

use common::{
    event::{Event, PostFact},
    ids::UserId,
};
use serde_json::json;
use testkit::{DatabaseServer, OUTAGE_LIMIT, TestDatabase, eventually};

use crate::blog::{Blog, post, say};

#[tokio::test]
async fn without_the_database_what_is_in_memory_is_read_and_the_rest_is_503_in_time() {
    let mut server = DatabaseServer::start().await;
    let blog = Blog::start_on(TestDatabase::on(&server.uri(), "query")).await;
    let state = post(UserId::generate(), "kept", "Words.");
    let token = blog.publish(&state).await;
    blog.show("/api/query/posts/kept", &token).await;

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
        let answer = request.send().await;
        answer.refused(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
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
    let token = blog.publish(&next).await;
    server.restart().await;
    eventually("it recovers by itself", async || {
        let answer = blog
            .client
            .get("/api/query/posts/next")
            .header("consistency-token", &token)
            .send()
            .await;
        (answer.status == 200).then_some(())
    })
    .await;
    blog.service.stop().await;
}

#[tokio::test]
async fn without_the_bus_reads_go_on_and_then_catch_up() {
    let mut blog = Blog::start().await;
    let mut state = post(UserId::generate(), "a-post", "Words.");
    let token = blog.publish(&state).await;
    blog.show("/api/query/posts/a-post", &token).await;

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
    say(&blog.bus, Event::Post(PostFact::Updated, state), 2).await;
    eventually("it reads on", async || {
        let shown = blog.client.get("/api/query/posts/a-post").send().await.json();
        (shown["title"] == json!("After")).then_some(())
    })
    .await;
    blog.finish().await;
}
