//! Whether this release can decode a message.

use common::event::{DecodeError, Event, event_type, fields::fields, header};
use serde::Serialize;

use crate::{entry::Entry, failure::chain};

/// Whether this release can decode a message.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    readable: bool,
    /// The verdict as a sentence.
    pub(super) words: String,
    /// The invalid field of the body, e.g. `content.title`; `.` for the whole body.
    pub(super) field: Option<String>,
    /// The invalid or missing header.
    pub(super) header: Option<&'static str>,
    /// What the registry expects there.
    pub(super) expected: Option<String>,
}

impl Verdict {
    /// Decodes `entry` as every consumer does; `is_whole` is whether its body is known.
    pub(super) fn of(entry: &Entry, is_whole: bool) -> Self {
        if !is_whole {
            return Self::unreadable("its body is lost, so it cannot be decoded".to_owned());
        }
        match entry.decode() {
            Ok(received) if received.event == Event::Unknown => Self {
                expected: Some("a type listed by `events types`".to_owned()),
                header: Some(header::TYPE),
                ..Self::unreadable(format!(
                    "ignored: type {} is not in the registry of this release",
                    received.type_name
                ))
            },
            Ok(received) => Self {
                readable: true,
                ..Self::unreadable(format!(
                    "valid: {} of {}, version {}",
                    received.type_name, received.aggregate_id, received.envelope.aggregate_version
                ))
            },
            Err(error) => Self::refused(entry, &error),
        }
    }

    /// Whether it is an event of this release.
    pub(super) fn is_readable(&self) -> bool {
        self.readable
    }

    fn unreadable(words: String) -> Self {
        Self {
            readable: false,
            words,
            field: None,
            header: None,
            expected: None,
        }
    }

    fn refused(entry: &Entry, error: &DecodeError) -> Self {
        let verdict = Self::unreadable(format!("would be rejected again: {}", chain(error)));
        match error {
            DecodeError::MissingHeader(name) => Self {
                header: Some(name),
                expected: Some(format!("header `{name}`")),
                ..verdict
            },
            DecodeError::BadHeader { name, expected, .. } => Self {
                header: Some(name),
                expected: Some((*expected).to_owned()),
                ..verdict
            },
            DecodeError::Body { type_name, source } => {
                let path = source.path().to_string();
                Self {
                    expected: expected(type_name, &path, &entry.payload),
                    field: Some(path),
                    ..verdict
                }
            }
            DecodeError::SubjectMismatch { expected, .. } => Self {
                expected: Some(format!("subject `{expected}`")),
                ..verdict
            },
        }
    }
}

/// What the type's schema expects at `path`; for the whole body, its required fields.
fn expected(type_name: &str, path: &str, body: &[u8]) -> Option<String> {
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err() {
        return Some("JSON".to_owned());
    }
    let schema = event_type(type_name)?.schema();
    let all = fields(schema.as_value());
    // `tags[3]` of the body is `tags[]` in the schema.
    let in_schema: String = path.split(|c: char| c.is_ascii_digit()).collect();
    if let Some(field) = all.iter().find(|field| field.path == in_schema) {
        return Some(format!("{path}: {}", field.kind));
    }
    let prefix = if path == "." { "" } else { path };
    let required = all.iter().filter(|field| {
        let below = field
            .path
            .strip_prefix(prefix)
            .map(|rest| rest.trim_start_matches('.'));
        field.required && below.is_some_and(|rest| !rest.contains('.'))
    });
    let required: Vec<String> = required
        .map(|field| format!("{}: {}", field.path, field.kind))
        .collect();
    Some(required.join(", "))
}
