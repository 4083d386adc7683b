//! One message of the log, read as far as anyone asks.

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
    /// Its place in the stream.
    pub sequence: u64,
    /// When the stream took it.
    pub stored_at: Timestamp,
    /// `blog.evt.<aggregate>.<aggregate id>.<fact>`, if it is an event.
    pub subject: Subject,
    /// Its headers, percent-encoded as they came.
    pub headers: HeaderMap,
    /// Its body.
    pub payload: Bytes,
}

/// What is the matter with an entry that is no event of this release's registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Its type is not in the registry: perhaps a newer release wrote it.
    Unknown,
    /// It cannot be read as what it says it is, and why.
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

/// Headers as the event contract wants to see them.
struct HeaderView<'a>(&'a HeaderMap);

impl Headers for HeaderView<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(HeaderValue::as_str)
    }
}

impl Entry {
    /// Reads it as an event, as every service does.
    ///
    /// # Errors
    /// If it is none.
    pub fn decode(&self) -> Result<Received, common::event::DecodeError> {
        decode(&self.subject, &HeaderView(&self.headers), &self.payload)
    }

    /// What is the matter with it, if anything is.
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

    /// A header's value, percent-decoded where that gives text. Names differ by case.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.get(name).map(decoded)
    }

    /// The type it says it has, e.g. `blog.post.published.v2`.
    pub fn type_name(&self) -> Option<Cow<'_, str>> {
        self.header(header::TYPE)
    }

    /// The id it says it has.
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.header(header::ID)
    }

    /// When it says it was committed; else when the stream took it.
    pub fn time(&self) -> Timestamp {
        let said = self.header(header::TIME).and_then(|time| time.parse().ok());
        said.unwrap_or(self.stored_at)
    }

    /// The version it says its aggregate has after it.
    pub fn version(&self) -> Option<u64> {
        self.header(header::AGGREGATE_VERSION)?.parse().ok()
    }

    /// Kind, id and fact, by its subject.
    pub fn aggregate(&self) -> Option<SubjectParts<'_>> {
        SubjectParts::of(&self.subject)
    }

    /// The whole as one JSON document.
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
