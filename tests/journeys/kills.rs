//! Real processes, killed and terminated.

use std::time::{Duration, Instant};

use common::event::{Role, event_type, examples};
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use serde_json::json;
use testkit::{Client, NatsServer, TestDatabase, TestIssuer, eventually};
use tests::{ProcessSettings, Stack};

use crate::log::Log;

#[tokio::test]
async fn a_kill_between_commit_and_publish_loses_and_duplicates_no_event() {
    let mut nats = NatsServer::start().await;
    let database = TestDatabase::new("posts");
    let bus = nats.connect("auth").await;
    let ann = TestIssuer::on(&bus).await.user("ann", Role::Author);
    let settings = ProcessSettings::new("posts", &nats, &database);
    let mut confirmed = Vec::new();

    // During the writes, with the bus available: some are committed, some published, some neither.
    for _ in 0..2 {
        let process = settings.start().await;
        process.ready().await;
        let before = count(&database).await;
        let writers = write_forty(process.client().with_token(&ann.token));
        let kill = async {
            eventually("some are written", async || {
                (count(&database).await > before + 5).then_some(())
            })
            .await;
            process.kill();
        };
        let (ids, ()) = tokio::join!(writers, kill);
        confirmed.extend(ids.into_iter().filter_map(Result::ok));
    }
    // With the bus stopped nothing can be published before the kill.
    let process = settings.start().await;
    process.ready().await;
    nats.stop();
    for written in write_forty(process.client().with_token(&ann.token)).await {
        confirmed.push(written.expect("without the bus every write is accepted"));
    }
    process.kill();
    nats.restart().await;

    let process = settings.start().await;
    process.ready().await;
    outboxes_are_empty(&database).await;
    let log = Log::read(&nats).await;
    assert_eq!(log.faults(), Vec::<String>::new());
    assert_eq!(log.count("post") as u64, count(&database).await);
    for id in &confirmed {
        assert_eq!(log.versions("post", id), [1], "a confirmed post is in the log");
    }
    process.kill();
    database.remove().await;
}

#[tokio::test]
async fn duplicate_and_early_events_in_the_log_are_detected() {
    let nats = NatsServer::start().await;
    let bus = nats.connect("posts").await;
    eventually("the bus connects", async || bus.is_connected().then_some(())).await;
    let published = event_type("blog.post.published.v2").unwrap();
    let message = examples::message(published).unwrap().unwrap();
    let publish = async |version: &str, message_id: &str| {
        let mut headers = async_nats::HeaderMap::new();
        for (name, value) in &message.headers {
            headers.insert(name.as_str(), value.as_str());
        }
        headers.insert("ce-aggregateversion", version);
        headers.insert("Nats-Msg-Id", message_id);
        let (subject, body) = (message.subject.clone(), message.payload.clone());
        let sent = bus.jetstream().publish_with_headers(subject, headers, body).await;
        sent.unwrap().await.unwrap();
        Log::read(&nats).await.faults()
    };

    assert!(publish("1", "first").await.is_empty());
    assert!(publish("2", "second").await.is_empty());
    let duplicate = publish("2", "another id for the second").await;
    assert!(
        matches!(duplicate.as_slice(), [fault] if fault.ends_with("[1, 2, 2]")),
        "{duplicate:?}"
    );
}

/// Publishes forty posts at once; each result is the id, or the error.
async fn write_forty(client: Client) -> Vec<Result<String, String>> {
    let write = async |round: usize| {
        let body = json!({ "title": format!("Post {round}"), "body": "x", "status": "published" });
        let response = client
            .post("/api/posts")
            .json(&body)
            .try_send()
            .await
            .map_err(|error| error.to_string())?;
        let id = response.json()["id"].as_str().map(str::to_owned);
        id.filter(|_| response.status == 201)
            .ok_or_else(|| format!("{} {}", response.status, response.text()))
    };
    join_all((0..40).map(write)).await
}

async fn count(database: &TestDatabase) -> u64 {
    let posts = database.connect().await.collection::<Document>("posts");
    posts.count_documents(Document::new()).await.unwrap()
}

/// Waits until no event waits in any outbox of `database`.
async fn outboxes_are_empty(database: &TestDatabase) {
    let database = database.connect().await;
    let collections = database.list_collection_names().await.unwrap();
    eventually("the outboxes are empty", async || {
        let mut pending = 0;
        for name in &collections {
            let documents = database.collection::<Document>(name);
            let waiting = doc! { "outbox.0": { "$exists": true } };
            pending += documents.count_documents(waiting).await.unwrap();
        }
        (pending == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_kill_of_moderation_loses_and_duplicates_no_verdict() {
    let mut stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let post = ann.publish("Much discussed").await;
    bob.wait_for_post(&post).await;
    // From here on a separate process moderates, on the same database.
    stack.moderation.stop().await;
    let settings = ProcessSettings::new("moderation", &stack.nats, &stack.moderation.database);
    let judged = async || {
        let database = stack.moderation.database.connect().await;
        let verdicts = database.collection::<Document>("verdicts");
        verdicts.count_documents(Document::new()).await.unwrap()
    };

    let (mut comments, mut cut_short) = (Vec::new(), 0);
    for round in 0_u64.. {
        // More each time, until the service is killed while it has some to judge.
        for number in 0..60 * (round + 1) {
            comments.push(
                bob.comment(&post, &format!("Round {round}, number {number}"))
                    .await,
            );
        }
        let before = judged().await;
        let process = settings.start().await;
        eventually("some have a verdict", async || {
            (judged().await > before + 5).then_some(())
        })
        .await;
        process.kill();
        cut_short += u64::from(judged().await < comments.len() as u64 + 1);
        if round >= 3 && cut_short > 0 {
            break;
        }
    }

    let process = settings.start().await;
    for id in &comments {
        bob.wait_for_comment(id, "approved").await;
    }
    // Each comment has one verdict, and nothing is in the log twice.
    for database in [&stack.moderation.database, &stack.comments.database] {
        outboxes_are_empty(database).await;
    }
    let log = Log::read(&stack.nats).await;
    assert_eq!(log.faults(), Vec::<String>::new());
    for id in &comments {
        assert_eq!(log.versions("comment", id), [1, 2], "{id}");
        assert_eq!(log.versions("verdict", id), [1], "{id}");
    }
    process.kill();
    stack.moderation.start().await;
    stack.finish().await;
}

#[tokio::test]
async fn sigterm_stops_every_service_in_order_before_kubernetes_kills_it() {
    let nats = NatsServer::start().await;
    let bus = nats.connect("auth").await;
    let issuer = TestIssuer::on(&bus).await;
    let secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    for service in ["auth", "posts", "comments", "moderation", "query"] {
        let database = TestDatabase::new(service);
        let settings = ProcessSettings::new(service, &nats, &database)
            .with("DRAIN_DELAY", "1")
            .with("KEY_ENCRYPTION_SECRET", secret);
        let process = settings.start().await;
        process.ready().await;
        let user = issuer.user("ann", Role::Author);
        let client = process.client().with_token(&user.token);
        let path = match service {
            "auth" => "/api/users/openapi.json",
            "moderation" => "/api/moderation/reports/mine",
            "query" => "/api/query/posts",
            _ => &format!("/api/{service}/mine"),
        };
        client.get(path).send().await.expect(200);

        let started = Instant::now();
        process.terminate();
        let ops = process.ops();
        eventually("it is not ready", async || {
            let response = ops.get("/readyz").try_send().await.ok()?;
            (response.status == 503).then_some(())
        })
        .await;
        // Readiness fails before the listener closes, so a request in between is still served.
        client.get(path).send().await.expect(200);
        let log = process.log();
        let status = process.ended().await;

        assert!(status.success(), "{service} ended with {status}: {log}");
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{service} took {:?}",
            started.elapsed()
        );
        database.remove().await;
    }
}

#[tokio::test]
async fn an_invalid_setting_is_reported_in_one_clear_line() {
    let (nats, database) = (NatsServer::start_empty().await, TestDatabase::new("posts"));
    let settings = ProcessSettings::new("posts", &nats, &database).with("MONGODB_URI", "");
    let (code, output) = settings.run(&[]);
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("MONGODB_URI") && output.trim().lines().count() == 1,
        "{output}"
    );

    let settings = ProcessSettings::new("posts", &nats, &database).with("LISTEN_ADDR", "nowhere");
    let (code, output) = settings.run(&[]);
    assert_eq!(code, Some(2), "{output}");
    assert!(
        output.contains("--listen-addr") || output.contains("LISTEN_ADDR"),
        "{output}"
    );
}
