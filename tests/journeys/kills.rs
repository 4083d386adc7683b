//! Real processes, killed and terminated.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use common::event::{Event, Received, Role};
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use runtime::bus::{Checkpoint, LogReader};
use serde_json::json;
use testkit::{Client, NatsServer, TestDatabase, TestIssuer, eventually};
use tests::{ProcessSettings, Stack};

#[tokio::test]
async fn killed_between_commit_and_publish_nothing_is_lost_or_doubled() {
    let mut nats = NatsServer::start().await;
    let database = TestDatabase::new("posts");
    let bus = nats.connect("auth").await;
    let ann = TestIssuer::on(&bus).await.user("ann", Role::Author);
    let settings = ProcessSettings::new("posts", &nats, &database);
    let mut answered = Vec::new();

    // In the middle of the writing, with the bus there: some are committed, some published, some neither.
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
        answered.extend(ids.into_iter().filter_map(Result::ok));
    }
    // With the bus stopped nothing can be published before the kill.
    let process = settings.start().await;
    process.ready().await;
    nats.stop();
    for written in write_forty(process.client().with_token(&ann.token)).await {
        answered.push(written.expect("without the bus every write is taken"));
    }
    process.kill();
    nats.restart().await;

    let process = settings.start().await;
    process.ready().await;
    eventually("the outbox is empty", async || {
        (pending(&database).await == 0).then_some(())
    })
    .await;
    let written = count(&database).await;
    let (bus, mut published) = (nats.connect("query").await, BTreeMap::new());
    eventually("the bus is there", async || bus.is_connected().then_some(())).await;
    let mut reader = LogReader::open(&bus, "test", &Checkpoint::default())
        .await
        .unwrap();
    while (published.len() as u64) < written {
        for entry in reader.next_batch().await.unwrap().entries {
            let Event::Post(_, state) = entry.event.event else {
                continue;
            };
            published.insert(state.id.to_string(), entry.event.envelope.aggregate_version);
        }
    }
    for id in &answered {
        assert_eq!(published.get(id), Some(&1), "an answered post is in the log");
    }
    process.kill();
    database.remove().await;
}

/// Publishes forty posts at once; each is its id, or what came instead.
async fn write_forty(client: Client) -> Vec<Result<String, String>> {
    let write = async |round: usize| {
        let body = json!({ "title": format!("Post {round}"), "body": "x", "status": "published" });
        let answer = client
            .post("/api/posts")
            .json(&body)
            .try_send()
            .await
            .map_err(|error| error.to_string())?;
        let id = answer.json()["id"].as_str().map(str::to_owned);
        id.filter(|_| answer.status == 201)
            .ok_or_else(|| format!("{} {}", answer.status, answer.text()))
    };
    join_all((0..40).map(write)).await
}

async fn count(database: &TestDatabase) -> u64 {
    let posts = database.connect().await.collection::<Document>("posts");
    posts.count_documents(Document::new()).await.unwrap()
}

async fn pending(database: &TestDatabase) -> u64 {
    let posts = database.connect().await.collection::<Document>("posts");
    posts
        .count_documents(doc! { "outbox.0": { "$exists": true } })
        .await
        .unwrap()
}

#[tokio::test]
async fn moderation_killed_amid_judging_loses_and_doubles_nothing() {
    let mut stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let post = ann.publish("Much discussed").await;
    bob.wait_for_post(&post).await;
    // From here on a process of its own judges, on the same database.
    stack.moderation.stop().await;
    let settings = ProcessSettings::new("moderation", &stack.nats, &stack.moderation.database);
    let judged = async || {
        let database = stack.moderation.database.connect().await;
        let verdicts = database.collection::<Document>("verdicts");
        verdicts.count_documents(Document::new()).await.unwrap()
    };

    let (mut comments, mut cut_short) = (Vec::new(), 0);
    for round in 0..4 {
        for number in 0..60 {
            comments.push(
                bob.comment(&post, &format!("Round {round}, number {number}"))
                    .await,
            );
        }
        let before = judged().await;
        let process = settings.start().await;
        eventually("some are judged", async || {
            (judged().await > before + 5).then_some(())
        })
        .await;
        process.kill();
        cut_short += u64::from(judged().await < comments.len() as u64 + 1);
    }
    assert!(cut_short > 0, "each time all were judged before the kill");

    let process = settings.start().await;
    for id in &comments {
        bob.wait_for_comment(id, "approved").await;
    }
    // Nothing is in the log twice, and each comment was judged once.
    let bus = stack.nats.connect("query").await;
    let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut reader = LogReader::open(&bus, "test", &Checkpoint::default())
        .await
        .unwrap();
    let is_done = |facts: &BTreeMap<String, Vec<String>>| {
        let ended = |id: &String| {
            facts
                .get(id)
                .is_some_and(|facts| facts.contains(&"comment 2".to_owned()))
        };
        comments.iter().all(ended)
    };
    while !is_done(&facts) {
        for entry in reader.next_batch().await.unwrap().entries {
            let Received {
                aggregate_id,
                envelope,
                event,
                ..
            } = entry.event;
            let kind = match event {
                Event::Comment(..) => "comment",
                Event::Verdict(..) => "verdict",
                _ => continue,
            };
            let of = facts.entry(aggregate_id).or_default();
            of.push(format!("{kind} {}", envelope.aggregate_version));
        }
    }
    for id in &comments {
        let mut of = facts[id].clone();
        of.sort();
        assert_eq!(of, ["comment 1", "comment 2", "verdict 1"], "{id}");
    }
    process.kill();
    stack.moderation.start().await;
    stack.finish().await;
}

#[tokio::test]
async fn sigterm_ends_every_service_in_order_within_ten_seconds() {
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
        eventually("readiness is refused", async || {
            let answer = ops.get("/readyz").try_send().await.ok()?;
            (answer.status == 503).then_some(())
        })
        .await;
        // Readiness is refused before the listener closes, so a request that comes meanwhile is still answered.
        client.get(path).send().await.expect(200);
        let log = process.log();
        let status = process.ended().await;

        assert!(status.success(), "{service} ended with {status}: {log}");
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{service} took {:?}",
            started.elapsed()
        );
        database.remove().await;
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_is_one_clear_line() {
    let (nats, database) = (NatsServer::start_empty().await, TestDatabase::new("posts"));
    let settings = ProcessSettings::new("posts", &nats, &database).with("MONGODB_URI", "");
    let (code, said) = settings.run(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("MONGODB_URI") && said.trim().lines().count() == 1,
        "{said}"
    );

    let settings = ProcessSettings::new("posts", &nats, &database).with("LISTEN_ADDR", "nowhere");
    let (code, said) = settings.run(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("--listen-addr") || said.contains("LISTEN_ADDR"),
        "{said}"
    );
}
