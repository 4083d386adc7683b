//! Receives the read side's changes (`GET /api/query/live`, server-sent events).
//!
//! Source of the format: HTML Living Standard, "Server-sent events".

use std::{
    future::ready,
    io,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{api::query::LiveChange, error::chain};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::io::AsyncRead;
use tokio_util::{
    codec::{FramedRead, LinesCodec},
    io::StreamReader,
    sync::CancellationToken,
};

use super::changes::{Changes, KeyHash};
use crate::api::Client;

/// The delay before the next connection; every failure doubles it.
const MIN_BACKOFF: Duration = Duration::from_millis(200);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Longer than any line of the stream.
const MAX_LINE: usize = 64 * 1024;

/// Receives changes until `stop`, and reconnects after every interruption.
pub async fn follow(client: Arc<Client>, changes: Arc<Changes>, stop: CancellationToken) {
    let mut backoff = MIN_BACKOFF;
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => break,
            received = receive(&client, &changes) => received,
        };
        changes.disconnected();
        match received {
            Ok(()) => backoff = MIN_BACKOFF,
            Err(error) => {
                tracing::debug!(
                    error = chain(&error),
                    "changes are not received; pages are not cached"
                );
                backoff = (backoff * 2).min(MAX_BACKOFF);
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(backoff) => {}
        }
    }
    changes.disconnected();
}

/// Receives changes until the connection ends. An error means that there was no connection.
async fn receive(client: &Client, changes: &Changes) -> Result<(), reqwest::Error> {
    let bytes = client.live().await?.bytes_stream().map_err(io::Error::other);
    let mut events = pin!(events(StreamReader::new(bytes)));
    while let Some(event) = events.next().await {
        apply(changes, &event);
    }
    Ok(())
}

/// The events of a stream, until it ends or a line is too long.
fn events(stream: impl AsyncRead) -> impl Stream<Item = Event> {
    let lines = FramedRead::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
    let complete =
        |event: &mut Event, line: Result<String, _>| ready(line.ok().map(|line| event.line(&line)));
    lines.scan(Event::default(), complete).filter_map(ready)
}

fn apply(changes: &Changes, event: &Event) {
    match event.name.as_str() {
        "ready" => {
            tracing::debug!("changes are received");
            changes.connected();
        }
        "change" => match serde_json::from_str::<LiveChange>(&event.data) {
            Ok(change) => changes.record(KeyHash::of(&change.key), Instant::now()),
            // An unknown part changed.
            Err(_) => changes.connected(),
        },
        // `resync`, and events of newer releases.
        _ => changes.connected(),
    }
}

/// An event, built from its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Event {
    name: String,
    data: String,
}

impl Event {
    /// Adds a line; an empty one completes the event.
    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(self);
            return (!event.name.is_empty()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // Comments, ids and retry times.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_are_parsed_from_chunks_of_any_size() {
        let text = ": alive\r\nevent: ready\ndata: {}\nid: 7\n\nevent:change\ndata: {\"key\":\"post:1\",\ndata: \"kinds\":[]}\n\n";
        for size in [1, 7, 1000] {
            let chunks = text.as_bytes().chunks(size).map(io::Result::Ok);
            let stream = StreamReader::new(futures::stream::iter(chunks));
            let events: Vec<Event> = events(stream).collect().await;
            let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
            assert_eq!(names, ["ready", "change"], "{size}");
            let change: LiveChange = serde_json::from_str(&events[1].data).unwrap();
            assert_eq!(change.key, "post:1");
        }
    }

    #[test]
    fn an_unknown_event_counts_as_a_change_of_everything() {
        let changes = Changes::default();
        changes.connected();
        for (name, data) in [
            ("resync", "{\"key\":\"*\"}"),
            ("change", "invalid"),
            ("newer", ""),
        ] {
            let before = changes.now().unwrap();
            apply(
                &changes,
                &Event {
                    name: name.to_owned(),
                    data: data.to_owned(),
                },
            );
            assert!(!changes.unchanged_since(before, &[]), "{name}");
        }
    }
}
