//! Conversion from the client library's messages.

use async_nats::{HeaderMap, Message};
use common::event::{DecodeError, Headers, Received, WireMessage, dead_letter_header, decode};

/// The headers of a message for the decoder.
struct MessageHeaders<'a>(Option<&'a HeaderMap>);

impl Headers for MessageHeaders<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0?.get(name).map(async_nats::HeaderValue::as_str)
    }
}

/// Decodes `message` as an event.
pub(super) fn read(message: &Message) -> Result<Received, DecodeError> {
    decode(
        &message.subject,
        &MessageHeaders(message.headers.as_ref()),
        &message.payload,
    )
}

/// The headers of `message` in the client library's form.
pub(super) fn header_map(message: &WireMessage) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(name.as_str(), value.as_str());
    }
    headers
}

/// Whether `message` was redriven for another consumer than `consumer`, which has processed the original.
pub(super) fn is_redrive_for_other(message: &Message, consumer: &str) -> bool {
    let headers = message.headers.as_ref();
    let meant = headers.and_then(|headers| headers.get(dead_letter_header::REDRIVE));
    meant.is_some_and(|meant| meant.as_str() != consumer)
}
