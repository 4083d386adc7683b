//! Reading rates. Run with a release build:
//! `cargo test --release -p events --test cli -- --ignored rates --nocapture`

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use runtime::bus::Bus;
use testkit::NatsServer;

use crate::command::{Outcome, on};

/// The number of events in the log; `EVENTS_COUNT` overrides it.
fn count() -> u64 {
    std::env::var("EVENTS_COUNT")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000)
}

/// Fills the log with posts of about 1,000 bytes, in atomic batches of 100.
async fn fill(bus: &Bus, count: u64) {
    let text = "It *works*, again and again.\\n".repeat(10);
    for number in 0..count {
        let (id, post) = (scenario_id('8', number), scenario_id('9', number % 10_000));
        let mut headers = async_nats::HeaderMap::new();
        for (name, value) in [
            ("ce-specversion", "1.0"),
            ("ce-id", &id),
            ("ce-type", "blog.post.published.v1"),
            ("ce-source", "/inkstream/posts"),
            ("ce-subject", &post),
            ("ce-time", "2026-01-01T12:00:00.000Z"),
            ("ce-datacontenttype", "application/json"),
            ("ce-dataschema", "urn:inkstream:schema:blog.post.published.v1"),
            ("ce-aggregateversion", &(number / 10_000 + 1).to_string()),
            ("ce-correlationid", &id),
            ("ce-actor", "user:0198f000-0000-7000-8000-00000000000a"),
            ("Nats-Batch-Id", &(number / BATCH).to_string()),
            ("Nats-Batch-Sequence", &(number % BATCH + 1).to_string()),
        ] {
            headers.insert(name, value);
        }
        let body = format!(
            r#"{{"id":"{post}","author_id":"0198f000-0000-7000-8000-00000000000a","status":"published","slug":"s-{number}","former_slugs":[],"content":{{"title":"Number {number}","body":"{text}","summary":null,"tags":["rust","nats"],"cover":null}},"created_at":"2026-01-01T12:00:00.000Z","updated_at":"2026-01-01T12:00:00.000Z","published_at":null}}"#
        );
        let subject = format!("blog.evt.post.{post}.published");
        let client = bus.client();
        if number % BATCH == BATCH - 1 || number == count - 1 {
            headers.insert("Nats-Batch-Commit", "1");
            let answer = client
                .request_with_headers(subject, headers, body.into())
                .await
                .unwrap();
            assert!(
                !answer.payload.windows(7).any(|part| part == b"\"error\""),
                "{answer:?}"
            );
        } else {
            client
                .publish_with_headers(subject, headers, body.into())
                .await
                .unwrap();
        }
    }
}

/// Events of one batch.
const BATCH: u64 = 100;

fn scenario_id(kind: char, number: u64) -> String {
    format!("0198f000-0000-7000-{kind}000-{number:012x}")
}

/// Reads the log with the client library's ordered consumer.
async fn bare_consumer(bus: &Bus, count: u64) -> Duration {
    use async_nats::jetstream::consumer::pull::OrderedConfig;
    let began = Instant::now();
    let stream = bus.jetstream().get_stream("BLOG").await.unwrap();
    let consumer = stream.create_consumer(OrderedConfig::default()).await.unwrap();
    let mut messages = consumer.messages().await.unwrap();
    let (mut read, mut bytes) = (0, 0);
    while read < count {
        bytes += messages.next().await.unwrap().unwrap().payload.len();
        read += 1;
    }
    assert!(bytes > 0);
    began.elapsed()
}

/// Runs the command and returns its duration and its peak memory in KiB.
async fn measured(nats: &NatsServer, args: &[&str]) -> (Duration, u64, Outcome) {
    let mut command = on(nats, args);
    tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let watch = std::thread::spawn(move || {
            let mut peak = 0;
            while let Ok(text) = std::fs::read_to_string(&status) {
                let line = text.lines().find(|line| line.starts_with("VmHWM:"));
                let Some(now) = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
                else {
                    break;
                };
                peak = peak.max(now);
                std::thread::park_timeout(Duration::from_millis(20));
            }
            peak
        });
        let output = child.wait_with_output().unwrap();
        let took = began.elapsed();
        let outcome = Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        (took, watch.join().unwrap(), outcome)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; wants a release build and a quiet machine"]
async fn a_condition_without_matches_reaches_half_the_rate_of_bare_reading() {
    let count = count();
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    fill(&bus, count).await;
    #[allow(clippy::cast_precision_loss)]
    let rate = |took: Duration| (count as f64 / took.as_secs_f64()).round();
    let bare = bare_consumer(&bus, count)
        .await
        .min(bare_consumer(&bus, count).await);
    println!("bare ordered consumer: {}/s", rate(bare));
    for condition in [
        ".version > 1000000",
        ".type == \"blog.post.archived.v1\"",
        ".data.content.title == \"nothing\"",
        ".data.content.title | test(\"^nothing\")",
        "[.data.content.tags[]?] | any(. == \"go\")",
    ] {
        let (took, peak, outcome) = measured(&nats, &["tail", "--where", condition]).await;
        let share = bare.as_secs_f64() / took.as_secs_f64();
        println!(
            "tail --where '{condition}': {}/s, {:.0} % of bare, {} MiB",
            rate(took),
            share * 100.0,
            peak / 1024
        );
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (0, ""),
            "{}",
            outcome.stderr
        );
        assert!(peak < 200 * 1024, "{peak} KiB");
        if !cfg!(debug_assertions) {
            assert!(share >= 0.5, "{share}");
        }
    }
}
