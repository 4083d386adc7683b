//! One message of the log, decoded on demand.

mod document;

use std::borrow::Cow;

use async_nats::{HeaderMap, HeaderValue, Subject};
use bytes::Bytes;
use common::event::{Event, Headers, Received, Timestamp, decode, decode_header, header};

pub use self::document::Document;
use crate::failure::chain;

/// A message of the log (or of another stream), event or not.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// When the stream stored it.
    pub stored_at: Timestamp,
    /// `blog.evt.<aggregate>.<aggregate id>.<fact>`, if it is an event.
    pub subject: Subject,
    /// Its headers, percent-encoded as stored.
    pub headers: HeaderMap,
    /// Its body.
    pub payload: Bytes,
}

/// Why an entry is not an event of this release's registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Its type is not in the registry: a newer release may have published it.
    Unknown,
    /// It cannot be decoded as its type, with the reason.
    Broken(String),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown type"),
            Self::Broken(reason) => write!(f, "broken: {reason}"),
        }
    }
}

/// Headers as the event contract reads them.
struct HeaderView<'a>(&'a HeaderMap);

impl Headers for HeaderView<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(HeaderValue::as_str)
    }
}

impl Entry {
    /// Decodes it as an event, as every service does.
    ///
    /// # Errors
    /// If it is not an event.
    pub fn decode(&self) -> Result<Received, common::event::DecodeError> {
        decode(&self.subject, &HeaderView(&self.headers), &self.payload)
    }

    /// Why it is not an event of the registry, if it is not.
    pub fn problem(&self) -> Option<Problem> {
        match self.decode() {
            Ok(Received {
                event: Event::Unknown,
                ..
            }) => Some(Problem::Unknown),
            Ok(_) => None,
            Err(error) => Some(Problem::Broken(chain(&error))),
        }
    }

    /// A header's value, percent-decoded if that yields text. Names are case-sensitive.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.get(name).map(decoded)
    }

    /// The type in its header, e.g. `blog.post.published.v1`.
    pub fn type_name(&self) -> Option<Cow<'_, str>> {
        self.header(header::TYPE)
    }

    /// The id in its header.
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.header(header::ID)
    }

    /// The commit time in its header, or the time when the stream stored it.
    pub fn time(&self) -> Timestamp {
        let committed = self.header(header::TIME).and_then(|time| time.parse().ok());
        committed.unwrap_or(self.stored_at)
    }

    /// The aggregate's version in its header.
    pub fn version(&self) -> Option<u64> {
        self.header(header::AGGREGATE_VERSION)?.parse().ok()
    }

    /// Kind, id and fact in its subject.
    pub fn aggregate(&self) -> Option<SubjectParts<'_>> {
        SubjectParts::of(&self.subject)
    }

    /// The entry as a JSON document.
    pub fn document(&self) -> Document<'_> {
        Document::new(self)
    }
}

fn decoded(value: &HeaderValue) -> Cow<'_, str> {
    decode_header(value.as_str()).unwrap_or(Cow::Borrowed(value.as_str()))
}

/// The parts of an event's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectParts<'a> {
    /// e.g. `post`
    pub kind: &'a str,
    /// e.g. a UUID
    pub id: &'a str,
    /// e.g. `published`
    pub fact: &'a str,
}

impl<'a> SubjectParts<'a> {
    /// The parts of `blog.evt.<aggregate>.<aggregate id>.<fact>`.
    pub fn of(subject: &'a str) -> Option<Self> {
        let mut parts = subject
            .strip_prefix(common::event::SUBJECT_PREFIX)?
            .strip_prefix('.')?
            .split('.');
        let (kind, id, fact) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(Self { kind, id, fact })
    }
}
