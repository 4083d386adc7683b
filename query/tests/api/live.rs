//! Live changes for browsers.

use std::time::Duration;

use common::ids::UserId;
use query::config::QuerySettings;
use serde_json::{Value, json};
use testkit::{Client, RunningService};

use crate::blog::{Blog, comment, like, post, settings};

/// An open stream of events.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(client: &Client, path: &str, last_seen: Option<&str>) -> Self {
        let mut request = client.get(path);
        if let Some(id) = last_seen {
            request = request.header("last-event-id", id);
        }
        let response = request.stream().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self {
            response,
            text: String::new(),
        };
        assert_eq!(stream.next().await.unwrap().0, "ready");
        stream
    }

    /// Name and data of the next event; none at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let event = field("event: ")
                    .map(str::to_owned)
                    .zip(field("data: ").map(str::to_owned));
                self.text = rest.to_owned();
                if let Some((name, data)) = event {
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
            match chunk.await.expect("no event came").unwrap() {
                Some(chunk) => self.text.push_str(std::str::from_utf8(&chunk).unwrap()),
                None => return None,
            }
        }
    }

    async fn change(&mut self, key: &str) -> Value {
        loop {
            let (name, data) = self.next().await.expect("the stream ended");
            if name == "change" && data["key"] == key {
                return data["kinds"].clone();
            }
        }
    }
}

#[tokio::test]
async fn changes_of_a_watched_post_are_streamed_by_every_replica() {
    let blog = Blog::start().await;
    let replica = blog.replica().await;
    let watched = post(UserId::generate(), "watched", "Words.");
    let token = blog.publish_post(&watched).await;
    let other = post(UserId::generate(), "other", "Words.");
    blog.publish_post(&other).await;
    for client in [&blog.client, &replica.client()] {
        client
            .get("/api/query/posts")
            .header("consistency-token", &token)
            .send()
            .await
            .expect(200);
    }
    let path = format!("/api/query/live?posts={}", watched.id);
    let key = format!("post:{}", watched.id);
    let mut streams = [
        Stream::open(&blog.client, &path, None).await,
        Stream::open(&replica.client(), &path, None).await,
    ];

    blog.publish_comment(&comment(other.id, None, UserId::generate(), "Elsewhere."))
        .await;
    blog.publish_comment(&comment(watched.id, None, UserId::generate(), "Here."))
        .await;
    for stream in &mut streams {
        assert_eq!(stream.change(&key).await, json!(["counts", "comments"]));
    }
    let (fact, like) = like(watched.id, UserId::generate(), true);
    blog.publish(fact, 1, &like).await;
    for stream in &mut streams {
        assert_eq!(stream.change(&key).await, json!(["counts"]));
    }
    // Both end with their service, which does not wait for them.
    let [mut first, mut second] = streams;
    tokio::time::timeout(Duration::from_secs(10), replica.stop())
        .await
        .expect("it waits for its streams");
    while second.next().await.is_some() {}
    tokio::time::timeout(Duration::from_secs(10), blog.finish())
        .await
        .expect("it waits for its streams");
    while first.next().await.is_some() {}
}

#[tokio::test]
async fn without_a_filter_all_changes_are_streamed() {
    let blog = Blog::start().await;
    let mut stream = Stream::open(&blog.client, "/api/query/live", None).await;
    let state = post(UserId::generate(), "a-post", "Words.");
    blog.publish_post(&state).await;
    assert_eq!(
        stream.change(&format!("post:{}", state.id)).await,
        json!(["post", "counts"])
    );
    drop(stream);
    blog.finish().await;
}

#[tokio::test]
async fn a_client_that_reconnects_is_told_to_resync() {
    let blog = Blog::start().await;
    let token = blog
        .publish_post(&post(UserId::generate(), "a-post", "Words."))
        .await;
    blog.read_json("/api/query/posts", &token).await;
    for last_seen in ["0", "nonsense"] {
        let mut stream = Stream::open(&blog.client, "/api/query/live", Some(last_seen)).await;
        assert_eq!(
            stream.next().await.unwrap(),
            ("resync".to_owned(), json!({ "key": "*", "kinds": [] }))
        );
    }
    blog.finish().await;
}

#[tokio::test]
async fn the_number_of_streams_is_limited_and_ids_are_validated() {
    let blog = Blog::start().await;
    let few = QuerySettings {
        live_clients: 1,
        ..settings()
    };
    let service = RunningService::start(query::service(), &blog.nats, &blog.database, few).await;
    let client = service.client();
    client
        .get("/api/query/live?posts=nonsense")
        .send()
        .await
        .refused(400, "malformed_request");
    let many = (0..101)
        .map(|_| common::ids::PostId::generate().to_string())
        .collect::<Vec<_>>()
        .join(",");
    client
        .get(&format!("/api/query/live?posts={many}"))
        .send()
        .await
        .refused_field(422, "too_many", "posts");
    let public = || {
        client
            .get("/api/query/live")
            .header("x-forwarded-for", "192.0.2.1")
    };
    let stream = public().stream().await;
    let refused = public().send().await;
    refused.refused(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    drop(stream);
    testkit::eventually("another stream may be opened", async || {
        (public().stream().await.status() == 200).then_some(())
    })
    .await;
    service.stop().await;
    blog.finish().await;
}

#[tokio::test]
async fn the_streams_of_one_address_are_limited_and_those_of_our_own_servers_are_not_among_them() {
    let blog = Blog::start().await;
    let few = QuerySettings {
        live_clients_per_address: 2,
        ..settings()
    };
    let service = RunningService::start(query::service(), &blog.nats, &blog.database, few).await;
    let client = service.client();
    let public = || {
        client
            .get("/api/query/live")
            .header("x-forwarded-for", "192.0.2.1")
    };
    let streams = [public().stream().await, public().stream().await];
    let refused = public().send().await;
    refused.refused(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "5");
    let _internal = Stream::open(&client, "/api/query/live", None).await;
    drop(streams);
    testkit::eventually("another stream may be opened", async || {
        (public().stream().await.status() == 200).then_some(())
    })
    .await;
    service.stop().await;
    blog.finish().await;
}

#[tokio::test]
async fn a_lost_note_makes_every_stream_resync() {
    let blog = Blog::start().await;
    let token = blog
        .publish_post(&post(UserId::generate(), "a-post", "Words."))
        .await;
    blog.read_json("/api/query/posts", &token).await;
    let mut stream = Stream::open(&blog.client, "/api/query/live", None).await;
    // Of a batch whose predecessors were not received.
    let note =
        json!({ "keys": ["tags"], "position": 1000, "batch": 1000, "generation": 1, "from": "another" });
    let subject = "blog.live.query";
    let client = blog.bus.client();
    client.publish(subject, note.to_string().into()).await.unwrap();
    while stream.next().await.expect("the stream ended").0 != "resync" {}
    blog.finish().await;
}
