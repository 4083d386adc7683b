//! Messages that are not events, published directly to the log: no service stops, each becomes a dead letter with its
//! reason, `events dlq show` explains it, and a redrive after a repair works.

use std::{path::Path, process::Command};

use async_nats::HeaderMap;
use common::event::{DEAD_LETTER_STREAM, STREAM};
use runtime::bus::Bus;
use serde_json::{Value, json};
use testkit::{NatsServer, eventually};
use tests::Stack;

/// Runs the `events` command and returns its lines.
async fn events(nats: &NatsServer, args: &[&str]) -> Vec<Value> {
    let folder = std::env::var_os("INKSTREAM_BIN_DIR").expect("INKSTREAM_BIN_DIR; run by `cargo xtask test`");
    let mut command = Command::new(Path::new(&folder).join("events"));
    command.args(args).env("NATS_URL", nats.url()).env("USER", "olga");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The event at `sequence`, to be spoiled.
async fn sound(bus: &Bus, sequence: u64) -> (String, HeaderMap, Vec<u8>) {
    let log = bus.jetstream().get_stream(STREAM).await.unwrap();
    let message = log.get_raw_message(sequence).await.unwrap();
    let mut headers = HeaderMap::new();
    for (name, values) in message
        .headers
        .iter()
        .filter(|(name, _)| name.to_string().starts_with("ce-"))
    {
        headers.insert(name.clone(), values[0].clone());
    }
    headers.insert("ce-aggregateversion", "2");
    (message.subject.to_string(), headers, message.payload.to_vec())
}

/// Publishes a message directly to the log.
async fn put(bus: &Bus, subject: &str, mut headers: HeaderMap, body: Vec<u8>) {
    if !headers.is_empty() {
        headers.insert("ce-id", uuid::Uuid::now_v7().to_string());
    }
    let sent = bus
        .jetstream()
        .publish_with_headers(subject.to_owned(), headers, body.into());
    sent.await.unwrap().await.unwrap();
}

/// Invalid JSON, a wrong type, an invalid version, 1 MiB of garbage; in this order.
async fn poison(bus: &Bus, sequence: u64) {
    let (subject, headers, body) = sound(bus, sequence).await;
    put(bus, &subject, headers.clone(), b"{\"id\": ".to_vec()).await;

    let mut state: Value = serde_json::from_slice(&body).unwrap();
    state["content"]["title"] = json!(5);
    put(bus, &subject, headers.clone(), state.to_string().into_bytes()).await;

    let mut impossible = headers.clone();
    impossible.insert("ce-aggregateversion", (1_u64 << 60).to_string());
    put(bus, &subject, impossible, body).await;

    // The maximum size of a message.
    put(bus, &subject, HeaderMap::new(), vec![0xff; (1 << 20) - 16]).await;
}

#[tokio::test]
async fn invalid_messages_stop_no_service_and_are_repaired() {
    let stack = Stack::start().await;
    let (mut ann, mut bob) = (stack.sign_up("ann").await, stack.sign_up("bob").await);
    let post = ann.publish("Hello").await;
    let bus = stack.nats.connect("test").await;
    let published = events(&stack.nats, &["tail", "--type", "post.published"]).await;
    poison(&bus, published[0]["sequence"].as_u64().unwrap()).await;

    // Every service works: a comment needs comments' replica of the posts, and the reads need query's projection.
    let other = ann.publish("Still here").await;
    bob.wait_for_post(&other).await;
    bob.comment_approved(&other, "Indeed").await;
    ann.get(&format!("/api/query/posts/{other}")).await.expect(200);
    let kept = ann.get(&format!("/api/query/posts/{post}")).await.expect(200);
    assert_eq!(kept["title"], "Hello");

    // All three readers of posts have filed each of the four, with its reason.
    eventually("all are filed", async || {
        let stream = bus.jetstream().get_stream(DEAD_LETTER_STREAM).await.ok()?;
        (stream.cached_info().state.messages == 12).then_some(())
    })
    .await;
    for consumer in ["comments-posts", "moderation-posts", "query"] {
        let mut letters = events(&stack.nats, &["dlq", "list", "--consumer", consumer]).await;
        letters.sort_by_key(|letter| letter["sequence"].as_u64());
        let reasons: Vec<&str> = letters
            .iter()
            .map(|letter| letter["reason"].as_str().unwrap())
            .collect();
        for (reason, part) in reasons.iter().zip([
            "EOF while parsing",
            "content.title: invalid type: integer `5`",
            "`ce-aggregateversion` holds `1152921504606846976`",
            "header `ce-type` is missing",
        ]) {
            assert!(reason.contains(part), "{consumer}: {reason}");
        }
        let expected = [
            json!("JSON"),
            json!("content.title: string"),
            json!("a version from 1 to 2^53"),
            json!("header `ce-type`"),
        ];
        for (letter, expected) in letters.iter().zip(expected) {
            let said = events(&stack.nats, &["dlq", "show", &letter["id"].to_string()]).await;
            assert_eq!(said[0]["today"]["readable"], false);
            assert_eq!(said[0]["today"]["expected"], expected);
            assert_eq!(said[0]["in_log"], "there");
        }
    }

    // One is repaired, and read by all consumers; the others are not needed.
    let wrong = ["dlq", "list", "--consumer", "comments-posts", "--reason", "title"];
    let letter = events(&stack.nats, &wrong).await[0]["id"].to_string();
    let mut state = published[0]["data"].clone();
    state["content"]["title"] = json!("Mended");
    let mended = state.to_string();
    let done = events(
        &stack.nats,
        &["dlq", "redrive", &letter, "--data", &mended, "--yes"],
    )
    .await;
    assert_eq!(done[0]["result"], "redriven");
    let path = format!("/api/query/posts/{post}");
    stack
        .read_until(&path, |response| {
            response.status == 200 && response.json()["title"] == "Mended"
        })
        .await;
    bob.comment(&post, "Thank you").await;
    let discard = ["dlq", "discard", "--all", "--note", "poison of a test", "--yes"];
    assert_eq!(events(&stack.nats, &discard).await.len(), 11);
    let record = events(&stack.nats, &["tail", "--type", "dead_letter"]).await;
    assert_eq!((record.len(), &record[0]["actor"]), (12, &json!("operator:olga")));
    stack.finish().await;
}
