//! A message of the log as a line of an export.
//!
//! `{"sequence", "time", "subject", "headers": {name: [values]}, "data"}`, with percent-encoded headers as stored; a body
//! that is not UTF-8 is in `data_base64`. JetStream's own headers (`Nats-…`) are left out, except `Nats-Msg-Id`.

use std::collections::BTreeMap;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use common::event::{Timestamp, header};
use serde::{Deserialize, Serialize};

use crate::entry::Entry;

/// A line to write.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    sequence: u64,
    time: Timestamp,
    #[serde(flatten)]
    message: MessageLine<'a>,
}

/// A message without its sequence.
#[derive(Debug, Serialize)]
pub struct MessageLine<'a> {
    subject: &'a str,
    /// Sorted by name.
    pub headers: BTreeMap<&'a str, Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

impl<'a> From<&'a Entry> for Line<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            sequence: entry.sequence,
            time: entry.stored_at,
            message: entry.into(),
        }
    }
}

impl<'a> From<&'a Entry> for MessageLine<'a> {
    fn from(entry: &'a Entry) -> Self {
        let data = std::str::from_utf8(&entry.payload).ok();
        let headers = entry.headers.iter();
        let kept = headers.filter(|(name, _)| is_content(AsRef::<str>::as_ref(*name)));
        Self {
            subject: &entry.subject,
            headers: kept
                .map(|(name, values)| (name.as_ref(), values.iter().map(HeaderValue::as_str).collect()))
                .collect(),
            data,
            data_base64: data.is_none().then(|| STANDARD.encode(&entry.payload)),
        }
    }
}

/// Whether a header belongs to the message, and not to its publication.
pub fn is_content(name: &str) -> bool {
    name == header::MESSAGE_ID || !name.starts_with("Nats-")
}

/// A line that was read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its sequence in the exported log.
    #[serde(default)]
    pub sequence: Option<u64>,
    #[serde(default, rename = "time")]
    _time: Option<Timestamp>,
    /// Its subject.
    pub subject: String,
    #[serde(default)]
    headers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    data_base64: Option<String>,
}

/// A message ready to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its subject.
    pub subject: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub payload: Bytes,
}

impl Record {
    /// Converts to a message.
    ///
    /// # Errors
    /// Why a header or the body is invalid.
    pub fn message(self) -> Result<Message, String> {
        let mut headers = HeaderMap::new();
        for (name, values) in self.headers.iter().filter(|(name, _)| is_content(name)) {
            let header: HeaderName = name
                .parse()
                .map_err(|error| format!("header `{name}` is invalid: {error}"))?;
            for value in values {
                let value: HeaderValue = value
                    .parse()
                    .map_err(|error| format!("header `{name}` cannot hold `{value}`: {error}"))?;
                headers.append(header.clone(), value);
            }
        }
        let payload = match (self.data, self.data_base64) {
            (Some(_), Some(_)) => return Err("both `data` and `data_base64`".to_owned()),
            (Some(text), None) => text.into(),
            (None, Some(encoded)) => STANDARD
                .decode(encoded)
                .map_err(|error| format!("`data_base64` cannot be read: {error}"))?
                .into(),
            (None, None) => Bytes::new(),
        };
        Ok(Message {
            subject: self.subject,
            headers,
            payload,
        })
    }
}

impl Message {
    /// The message of `entry`.
    pub fn of(entry: &Entry) -> Self {
        let mut headers = HeaderMap::new();
        for (name, values) in entry.headers.iter() {
            if is_content(name.as_ref()) {
                values
                    .iter()
                    .for_each(|value| headers.append(name.clone(), value.clone()));
            }
        }
        Self {
            subject: entry.subject.to_string(),
            headers,
            payload: entry.payload.clone(),
        }
    }

    /// Its approximate size on the wire: subject, headers and body.
    pub fn size(&self) -> usize {
        let header = |(name, values): (&HeaderName, &Vec<HeaderValue>)| {
            let each = AsRef::<str>::as_ref(name).len() + 4;
            values
                .iter()
                .map(|value| each + value.as_str().len())
                .sum::<usize>()
        };
        self.subject.len() + self.headers.iter().map(header).sum::<usize>() + self.payload.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(payload: &'static [u8]) -> (String, Message, Message) {
        let mut headers = HeaderMap::new();
        headers.append("ce-id", "1");
        headers.append("many", "a");
        headers.append("many", "b");
        headers.append("Nats-Msg-Id", "1");
        headers.append("Nats-Batch-Id", "of its publication");
        let entry = Entry {
            sequence: 7,
            stored_at: "2026-01-31T12:00:00Z".parse().unwrap(),
            subject: "blog.evt.post.1.published".into(),
            headers,
            payload: payload.into(),
        };
        let line = serde_json::to_string(&Line::from(&entry)).unwrap();
        let record: Record = serde_json::from_str(&line).unwrap();
        (line, Message::of(&entry), record.message().unwrap())
    }

    #[test]
    fn a_line_contains_the_whole_message() {
        let (line, sent, read) = round_trip(b"{\"a\": 1}\n");
        assert_eq!(sent, read);
        assert_eq!(
            line,
            r#"{"sequence":7,"time":"2026-01-31T12:00:00.000Z","subject":"blog.evt.post.1.published","headers":{"Nats-Msg-Id":["1"],"ce-id":["1"],"many":["a","b"]},"data":"{\"a\": 1}\n"}"#
        );
        let (line, sent, read) = round_trip(b"\xff\x00");
        assert_eq!(sent, read);
        assert!(line.ends_with(r#""data_base64":"/wA="}"#), "{line}");
    }
}
