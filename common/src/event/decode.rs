//! Decoding of messages: tolerates unknown types and fields, rejects invalid messages.

use std::borrow::Cow;

use super::{
    Envelope, Event,
    define::{BodyError, EventSet},
    header, percent,
};

/// A received event.
#[derive(Debug, Clone, PartialEq)]
pub struct Received<E = Event> {
    /// Its attributes.
    pub envelope: Envelope,
    /// The wire name of its type, known or not.
    pub type_name: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// What happened; [`Event::Unknown`] if this release does not know the type.
    pub event: E,
}

/// Why a message is not an event. Such a message is not retried but becomes a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A required attribute is missing.
    #[error("header `{0}` is missing")]
    MissingHeader(&'static str),
    /// An attribute is invalid.
    #[error("header `{name}` holds `{value}`, which is not {expected}")]
    BadHeader {
        /// The header.
        name: &'static str,
        /// Its value, at most 128 characters of it.
        value: String,
        /// The expected value.
        expected: &'static str,
    },
    /// The body does not match the type.
    #[error("the body of `{type_name}` cannot be read: {source}")]
    Body {
        /// The type.
        type_name: String,
        /// The position and the cause.
        source: BodyError,
    },
    /// Subject, attributes and body contradict each other.
    #[error("subject `{subject}` does not fit the event, whose subject is `{expected}`")]
    SubjectMismatch {
        /// The message's subject.
        subject: String,
        /// The subject of the event in it.
        expected: String,
    },
}

/// The headers of a message, by name.
pub trait Headers {
    /// The value of the header `name`, if present.
    fn get(&self, name: &str) -> Option<&str>;
}

impl Headers for [(String, String)] {
    fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Decodes a message. A type that this release does not know is [`Event::Unknown`], not an error.
///
/// # Errors
/// If a required attribute is missing or invalid, the body does not match its type, or the subject belongs to another
/// event.
pub fn decode<H: Headers + ?Sized>(
    subject: &str,
    headers: &H,
    payload: &[u8],
) -> Result<Received, DecodeError> {
    decode_as(subject, headers, payload)
}

/// [`decode`] with the registry `E`, such as that of another release.
///
/// # Errors
/// As [`decode`].
pub fn decode_as<E: EventSet, H: Headers + ?Sized>(
    subject: &str,
    headers: &H,
    payload: &[u8],
) -> Result<Received<E>, DecodeError> {
    let type_name = required(headers, header::TYPE)?.into_owned();
    let aggregate_id = required(headers, header::SUBJECT)?.into_owned();
    let envelope = envelope(headers)?;
    let event = match E::find_type(&type_name) {
        None => E::UNKNOWN,
        Some(event_type) => {
            let event = (event_type.decode)(payload).map_err(|source| DecodeError::Body {
                type_name: type_name.clone(),
                source,
            })?;
            // The body's id is decisive: a consumer stores the state under it.
            let body_id = event.aggregate_id().unwrap_or_default();
            let expected = event_type.subject(&body_id);
            if subject != expected || aggregate_id != body_id {
                return Err(DecodeError::SubjectMismatch {
                    subject: subject.to_owned(),
                    expected,
                });
            }
            event
        }
    };
    Ok(Received {
        envelope,
        type_name,
        aggregate_id,
        event,
    })
}

fn envelope<H: Headers + ?Sized>(headers: &H) -> Result<Envelope, DecodeError> {
    let source = required(headers, header::SOURCE)?;
    let service = source.strip_prefix("/inkstream/").unwrap_or(&source).to_owned();
    let aggregate_version: u64 = parsed(headers, header::AGGREGATE_VERSION, "a version from 1 to 2^53")?;
    // MongoDB and JavaScript represent integers exactly up to here; a larger one is a publisher's error.
    if !(1..=1 << 53).contains(&aggregate_version) {
        return Err(bad(
            header::AGGREGATE_VERSION,
            &aggregate_version.to_string(),
            "a version from 1 to 2^53",
        ));
    }
    Ok(Envelope {
        id: parsed(headers, header::ID, "a UUID")?,
        service,
        time: parsed(headers, header::TIME, "an RFC 3339 time")?,
        aggregate_version,
        correlation_id: optional(headers, header::CORRELATION_ID)?
            .unwrap_or_default()
            .into_owned(),
        causation_id: match optional(headers, header::CAUSATION_ID)? {
            Some(_) => Some(parsed(headers, header::CAUSATION_ID, "a UUID")?),
            None => None,
        },
        actor: optional(headers, header::ACTOR)?.unwrap_or_default().into_owned(),
        traceparent: optional(headers, header::TRACEPARENT)?.map(Cow::into_owned),
    })
}

fn optional<'a, H: Headers + ?Sized>(
    headers: &'a H,
    name: &'static str,
) -> Result<Option<Cow<'a, str>>, DecodeError> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    percent::decode(value)
        .map(Some)
        .ok_or_else(|| bad(name, value, "UTF-8"))
}

fn required<'a, H: Headers + ?Sized>(
    headers: &'a H,
    name: &'static str,
) -> Result<Cow<'a, str>, DecodeError> {
    optional(headers, name)?.ok_or(DecodeError::MissingHeader(name))
}

fn parsed<T: std::str::FromStr, H: Headers + ?Sized>(
    headers: &H,
    name: &'static str,
    expected: &'static str,
) -> Result<T, DecodeError> {
    let value = required(headers, name)?;
    value.parse().ok().ok_or_else(|| bad(name, &value, expected))
}

fn bad(name: &'static str, value: &str, expected: &'static str) -> DecodeError {
    DecodeError::BadHeader {
        name,
        value: value.chars().take(128).collect(),
        expected,
    }
}
