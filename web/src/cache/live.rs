//! Follows the read side's live stream of changes (`GET /api/query/live`, server-sent events).
//!
//! Source of the format: HTML Living Standard, "Server-sent events".

use std::{sync::Arc, time::Duration};

use common::error::chain;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::changes::{Changes, KeyHash};
use crate::api::Client;

/// The pause before the next attempt to listen; every try without success doubles it.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Longer than any line of the stream.
const MAX_LINE: usize = 64 * 1024;

/// The data of an event `change`.
#[derive(Debug, Deserialize)]
struct Change {
    key: String,
}

/// Listens until `stop`, and again after every interruption.
pub async fn follow(client: Arc<Client>, changes: Arc<Changes>, stop: CancellationToken) {
    let mut pause = PAUSE;
    loop {
        let listened = tokio::select! {
            () = stop.cancelled() => break,
            listened = listen(&client, &changes) => listened,
        };
        changes.end();
        match listened {
            Ok(()) => pause = PAUSE,
            Err(error) => {
                tracing::debug!(
                    error = chain(&error),
                    "changes are not heard of; pages are made anew each time"
                );
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    changes.end();
}

/// One connection, to its end. An error is one that told nothing.
async fn listen(client: &Client, changes: &Changes) -> Result<(), reqwest::Error> {
    let mut stream = client.live().await?;
    let mut lines = Lines::default();
    let mut event = Event::default();
    while let Ok(Some(bytes)) = stream.chunk().await {
        for line in lines.split(&bytes) {
            if let Some(event) = event.line(&line) {
                apply(changes, &event);
            }
        }
        if lines.rest.len() > MAX_LINE {
            break;
        }
    }
    Ok(())
}

fn apply(changes: &Changes, event: &Event) {
    match event.name.as_str() {
        "ready" => {
            tracing::debug!("changes are heard of");
            changes.begin();
        }
        "change" => match serde_json::from_str::<Change>(&event.data) {
            Ok(change) => changes.mark(KeyHash::named(&change.key)),
            // Something changed, and we do not know what.
            Err(_) => changes.begin(),
        },
        // `resync`, and what a newer release may say.
        _ => changes.begin(),
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Debug, Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn split(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line);
            lines.push(text.trim_end_matches(['\n', '\r']).to_owned());
        }
        lines
    }
}

/// An event as its lines come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Event {
    name: String,
    data: String,
}

impl Event {
    /// Takes a line; the empty one completes the event.
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
            // Comments, ids, times of retry.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_the_bytes_are_cut() {
        let text = ": alive\r\nevent: ready\ndata: {}\nid: 7\n\nevent:change\ndata: {\"key\":\"post:1\",\ndata: \"kinds\":[]}\n\n";
        for size in [1, 7, 1000] {
            let (mut lines, mut event, mut events) = (Lines::default(), Event::default(), Vec::new());
            for bytes in text.as_bytes().chunks(size) {
                for line in lines.split(bytes) {
                    events.extend(event.line(&line));
                }
            }
            let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
            assert_eq!(names, ["ready", "change"], "{size}");
            let change: Change = serde_json::from_str(&events[1].data).unwrap();
            assert_eq!(change.key, "post:1");
        }
    }

    #[test]
    fn what_is_not_understood_counts_as_everything() {
        let changes = Changes::default();
        changes.begin();
        for (name, data) in [
            ("resync", "{\"key\":\"*\"}"),
            ("change", "nonsense"),
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
            assert!(!changes.none_since(before, &[]), "{name}");
        }
    }
}
