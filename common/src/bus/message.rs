//! Between the client library's messages and ours.

use async_nats::{HeaderMap, Message};

use crate::event::{DecodeError, Headers, Received, WireMessage, decode};

impl Headers for HeaderMap {
    fn get(&self, name: &str) -> Option<&str> {
        Self::get(self, name).map(async_nats::HeaderValue::as_str)
    }
}

/// Reads `message` as an event.
pub(super) fn read(message: &Message) -> Result<Received, DecodeError> {
    let none = HeaderMap::new();
    let headers = message.headers.as_ref().unwrap_or(&none);
    decode(&message.subject, headers, &message.payload)
}

/// The headers of `message` in the client library's form.
pub(super) fn header_map(message: &WireMessage) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(name.as_str(), value.as_str());
    }
    headers
}
