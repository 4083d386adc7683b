//! From an event to the message on the wire. Strict: what is not in the registry is not written.

use bytes::Bytes;

use super::{Event, EventSet, Timestamp, header, percent};
use crate::ids::EventId;

/// The metadata of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The event's id.
    pub id: EventId,
    /// The service that publishes it, e.g. `posts`.
    pub service: String,
    /// When it was committed.
    pub time: Timestamp,
    /// The aggregate's version after it, from 1.
    pub aggregate_version: u64,
    /// Identifies everything that results from one request; 1 to 128 visible ASCII characters.
    pub correlation_id: String,
    /// The event that caused it, if any.
    pub causation_id: Option<EventId>,
    /// The actor: `user:<id>` or `service:<name>`.
    pub actor: String,
    /// W3C trace context of the request, if it was traced.
    pub traceparent: Option<String>,
}

/// A message ready to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireMessage {
    /// `blog.evt.<aggregate>.<aggregate id>.<fact>`
    pub subject: String,
    /// Header names and values, values already percent-encoded.
    pub headers: Vec<(String, String)>,
    /// The state as JSON.
    pub payload: Bytes,
}

/// The longest body of an event, in bytes: with its headers it fits the bus's default limit of 1 MiB, and a
/// dead letter that wraps it does too.
const MAX_BODY: usize = 1_000_000;

/// Why an event cannot be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// An event of an unknown type has no body to write.
    #[error("an event of an unknown type cannot be written")]
    UnknownType,
    /// The id would change the subject's structure.
    #[error("`{0}` cannot be an aggregate id: a subject's token holds no dot, blank or wildcard")]
    AggregateId(String),
    /// Versions count from 1.
    #[error("aggregate version 0 does not exist")]
    VersionZero,
    /// The body would not fit into a message.
    #[error("the body has {bytes} bytes, more than the {MAX_BODY} that fit into a message")]
    TooLarge {
        /// Its size as JSON.
        bytes: usize,
    },
    /// The state could not be serialised.
    #[error("the state could not be written as JSON")]
    Body(#[from] serde_json::Error),
}

/// Encodes `event` with its metadata `envelope`.
///
/// # Errors
/// If the event is of an unknown type, its aggregate id is no subject token, its version is 0 or its body is too large.
pub fn encode(envelope: &Envelope, event: &Event) -> Result<WireMessage, EncodeError> {
    encode_as(envelope, event)
}

/// [`encode`] with the registry `E`, such as that of another release.
///
/// # Errors
/// As [`encode`].
pub fn encode_as<E: EventSet>(envelope: &Envelope, event: &E) -> Result<WireMessage, EncodeError> {
    let (event_type, aggregate_id) = event
        .event_type()
        .zip(event.aggregate_id())
        .ok_or(EncodeError::UnknownType)?;
    if aggregate_id.is_empty() || aggregate_id.contains(|c: char| ".*> ".contains(c) || c.is_control()) {
        return Err(EncodeError::AggregateId(aggregate_id));
    }
    if envelope.aggregate_version == 0 {
        return Err(EncodeError::VersionZero);
    }
    let body = event.body()?;
    if body.len() > MAX_BODY {
        return Err(EncodeError::TooLarge { bytes: body.len() });
    }
    let id = envelope.id.to_string();
    let optional = [
        (
            header::CAUSATION_ID,
            envelope.causation_id.map(|id| id.to_string()),
        ),
        (header::TRACEPARENT, envelope.traceparent.clone()),
    ];
    let headers = [
        (header::SPEC_VERSION, "1.0".to_owned()),
        (header::ID, id.clone()),
        (header::TYPE, event_type.name.to_owned()),
        (header::SOURCE, format!("/inkstream/{}", envelope.service)),
        (header::SUBJECT, aggregate_id.clone()),
        (header::TIME, envelope.time.to_string()),
        (header::DATA_CONTENT_TYPE, "application/json".to_owned()),
        (header::DATA_SCHEMA, event_type.schema_uri()),
        (header::AGGREGATE_VERSION, envelope.aggregate_version.to_string()),
        (header::CORRELATION_ID, envelope.correlation_id.clone()),
        (header::ACTOR, envelope.actor.clone()),
        (header::MESSAGE_ID, id),
    ]
    .into_iter()
    .chain(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    )
    .map(|(name, value)| (name.to_owned(), percent::encode(&value)))
    .collect();

    Ok(WireMessage {
        subject: event_type.subject(&aggregate_id),
        headers,
        payload: body.into(),
    })
}
