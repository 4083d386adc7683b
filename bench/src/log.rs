//! A log of posts of about 800 bytes, and the references.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    time::Instant,
};

use async_nats::{
    HeaderMap,
    jetstream::consumer::{DeliverPolicy, pull},
};
use common::event::STREAM;
use futures::StreamExt as _;
use serde_json::{Value, json};
use testkit::NatsServer;

/// With a million events each post has a hundred versions.
const POSTS: u64 = 10_000;

fn record(number: u64) -> Value {
    let id = format!("0198f000-0000-7000-8000-{number:012x}");
    let post = format!("0198f000-0000-7000-9000-{:012x}", number % POSTS);
    let author = "0198f000-0000-7000-8000-00000000000a";
    let time = "2026-01-01T12:00:00.000Z";
    let body = json!({
        "id": post, "author_id": author, "status": "published", "slug": format!("s-{number}"), "former_slugs": [],
        "content": {
            "title": format!("Number {number}"), "body": "It *works*, again and again. ".repeat(10), "summary": null,
            "tags": ["rust", "nats"], "cover": null,
        },
        "created_at": time, "updated_at": time, "published_at": time,
    });
    json!({
        "sequence": number, "time": time, "subject": format!("blog.evt.post.{post}.updated"),
        "headers": {
            "ce-specversion": ["1.0"], "ce-id": [id], "ce-type": ["blog.post.updated.v2"],
            "ce-source": ["/inkstream/posts"], "ce-subject": [post], "ce-time": [time],
            "ce-datacontenttype": ["application/json"], "ce-dataschema": ["urn:inkstream:schema:blog.post.updated.v2"],
            "ce-aggregateversion": [(number / POSTS + 1).to_string()], "ce-correlationid": [id],
            "ce-actor": [format!("user:{author}")], "Nats-Msg-Id": [id],
        },
        "data": body.to_string(),
    })
}

/// Writes an export of `count` events.
pub(crate) fn write(path: &Path, count: u64) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 1..=count {
        writeln!(file, "{}", record(number))?;
    }
    Ok(file.flush()?)
}

/// Publishes `count` events, each after the acknowledgement of the previous one; returns events per second.
pub(crate) async fn publish_one_by_one(nats: &NatsServer, count: u64) -> anyhow::Result<f64> {
    let bus = nats.connect("bench").await;
    let messages: Vec<Value> = (1..=count).map(record).collect();
    let begun = Instant::now();
    for message in &messages {
        let mut headers = HeaderMap::new();
        for (name, values) in message["headers"].as_object().into_iter().flatten() {
            headers.insert(name.as_str(), values[0].as_str().unwrap_or_default());
        }
        let subject = message["subject"].as_str().unwrap_or_default().to_owned();
        let body = message["data"].as_str().unwrap_or_default().to_owned();
        let sent = bus
            .jetstream()
            .publish_with_headers(subject, headers, body.into());
        sent.await?.await?;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

/// Reads the whole log by the client library's ordered consumer; returns events per second.
pub(crate) async fn read_bare(nats: &NatsServer, count: u64) -> anyhow::Result<f64> {
    let bus = nats.connect("bench").await;
    let begun = Instant::now();
    let stream = bus.jetstream().get_stream(STREAM).await?;
    let config = pull::OrderedConfig {
        deliver_policy: DeliverPolicy::All,
        ..pull::OrderedConfig::default()
    };
    let mut messages = stream.create_consumer(config).await?.messages().await?;
    for _ in 0..count {
        messages.next().await.transpose()?;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}
