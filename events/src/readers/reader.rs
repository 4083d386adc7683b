//! A reader, and what consumers and projections share.

use std::time::Duration;

use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
use common::event::{
    Timestamp,
    topology::{self, SERVICES},
};
use serde::Serialize;

use crate::{connection::Connection, failure::Failure};

/// The kind of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A durable consumer, whose position the server stores.
    Consumer,
    /// A projection, which stores its own checkpoint and publishes it.
    Projection,
}

impl Kind {
    /// The name in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Projection => "projection",
        }
    }
}

/// The state of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It exists.
    Ok,
    /// It is declared, but not on the server.
    Missing,
    /// Its checkpoint belongs to a log that was replaced.
    OtherLog,
}

/// A reader of the log.
#[derive(Debug, Clone, Serialize)]
pub struct Reader {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The service that declares it; null if none does.
    pub service: Option<&'static str>,
    /// The state of a reader.
    pub state: State,
    /// The sequence up to which every event is processed.
    pub sequence: Option<u64>,
    /// The number of events not yet processed; null if unknown.
    pub lag_events: Option<u64>,
    /// The age of the first of them in seconds; zero if there is none.
    pub lag_seconds: Option<f64>,
    /// The number of delivered events without acknowledgement.
    pub unacknowledged: Option<usize>,
    /// The number of those that were delivered more than once.
    pub redelivered: Option<usize>,
    /// The subjects it consumes; empty for all.
    pub subjects: Vec<String>,
    /// The time of its last activity.
    pub active_at: Option<Timestamp>,
    /// The number of processed events, for rates.
    #[serde(skip)]
    pub done: u64,
}

impl Reader {
    /// A declared reader that does not exist.
    pub(super) fn missing(name: &str, kind: Kind, service: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            service: Some(service),
            state: State::Missing,
            sequence: None,
            lag_events: None,
            lag_seconds: None,
            unacknowledged: None,
            redelivered: None,
            subjects: Vec::new(),
            active_at: None,
            done: 0,
        }
    }

    /// Whether a service declares it.
    pub fn is_declared(&self) -> bool {
        self.service.is_some()
    }
}

/// The service that declares the reader.
pub(super) fn owner(name: &str, kind: Kind) -> Option<&'static str> {
    let declares = |service: &&topology::ServiceSpec| match kind {
        Kind::Consumer => service.consumers.iter().any(|consumer| consumer.name == name),
        Kind::Projection => service.projection == Some(name),
    };
    SERVICES.iter().find(declares).map(|service| service.name)
}

/// When the first message after `sequence` on one of `subjects` (empty for all) was stored, if there is one.
pub(super) async fn waiting_since(
    connection: &Connection,
    log: &Stream,
    subjects: &[String],
    sequence: u64,
) -> Result<Option<Timestamp>, Failure> {
    let everything = [">".to_owned()];
    let subjects = if subjects.is_empty() {
        &everything
    } else {
        subjects
    };
    let mut first: Option<Timestamp> = None;
    for subject in subjects {
        let found = log.direct_get_next_for_subject(subject.as_str(), Some(sequence + 1));
        match connection.allowed(found).await? {
            Ok(message) => {
                let stored_at = timestamp(message.time);
                first = Some(first.map_or(stored_at, |first| first.min(stored_at)));
            }
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => {}
            Err(error) => return Err(Failure::connection("the log cannot be read", &error)),
        }
    }
    Ok(first)
}

/// Converts the client library's time.
pub(super) fn timestamp(time: async_nats::datetime::DateTime) -> Timestamp {
    let millis = i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok();
    millis
        .and_then(Timestamp::from_millis)
        .unwrap_or_else(Timestamp::now)
}

/// The time since `time`; zero if it is in the future.
pub fn age(time: Timestamp) -> Duration {
    let millis = Timestamp::now().as_millis() - time.as_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
