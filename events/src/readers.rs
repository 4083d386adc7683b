//! Who reads the log, and how far: durable consumers as the server knows them, projections as they tell the bus.

mod consumers;
mod projections;

use std::time::Duration;

use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
use common::event::{
    STREAM, Timestamp,
    topology::{self, SERVICES},
};
use serde::Serialize;

use crate::{connection::Connection, failure::Failure};

/// What kind of reader it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A durable consumer: the server remembers how far it is.
    Consumer,
    /// A projection: it remembers that itself, and tells the bus.
    Projection,
}

impl Kind {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Projection => "projection",
        }
    }
}

/// How it is with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is there.
    Ok,
    /// It is declared, and the server knows nothing of it.
    Missing,
    /// Its checkpoint is of a log that was replaced since.
    OtherLog,
}

/// One reader.
#[derive(Debug, Clone, Serialize)]
pub struct Reader {
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: Kind,
    /// Whose it is; null if nobody declares it.
    pub service: Option<&'static str>,
    /// How it is with it.
    pub state: State,
    /// The last event up to which all is done.
    pub sequence: Option<u64>,
    /// How many events it still has to do; null if that cannot be known.
    pub lag_events: Option<u64>,
    /// The age of the first of them, in seconds; zero if there is none.
    pub lag_seconds: Option<f64>,
    /// How many of them were delivered and wait for an acknowledgement.
    pub unacknowledged: Option<usize>,
    /// How many of those were delivered more than once.
    pub redelivered: Option<usize>,
    /// The subjects it consumes; empty for all.
    pub subjects: Vec<String>,
    /// When it last showed signs of life.
    pub active_at: Option<Timestamp>,
    /// How many events it has done: a count to make rates of.
    #[serde(skip)]
    pub done: u64,
}

impl Reader {
    /// A declared reader that is not there.
    fn missing(name: &str, kind: Kind, service: &'static str) -> Self {
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

    /// Whether the registry knows it.
    pub fn is_declared(&self) -> bool {
        self.service.is_some()
    }
}

/// Every reader: first the declared ones in the order of their services, then those that nobody declares.
///
/// # Errors
/// If the log is not there, cannot be looked at, or the server is away.
pub async fn all(connection: &Connection) -> Result<Vec<Reader>, Failure> {
    let log = connection.stream(STREAM).await?;
    let mut found = consumers::all(connection, &log).await?;
    found.extend(projections::all(connection, &log).await?);
    let mut readers = Vec::new();
    for service in SERVICES {
        let consumers = service
            .consumers
            .iter()
            .map(|consumer| (consumer.name, Kind::Consumer));
        let projection = service.projection.map(|name| (name, Kind::Projection));
        for (name, kind) in consumers.chain(projection) {
            let place = found
                .iter()
                .position(|reader| reader.name == name && reader.kind == kind);
            let mut reader = match place {
                Some(place) => found.swap_remove(place),
                None => Reader::missing(name, kind, service.name),
            };
            if kind == Kind::Consumer && reader.subjects.is_empty() {
                reader.subjects = declared_subjects(name);
            }
            readers.push(reader);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    readers.extend(found);
    Ok(readers)
}

fn declared_subjects(name: &str) -> Vec<String> {
    let consumers = SERVICES.iter().flat_map(|service| service.consumers);
    let found = consumers.filter(|consumer| consumer.name == name);
    found.map(|consumer| consumer.filter_subject.to_owned()).collect()
}

/// The service that declares the reader.
fn owner(name: &str, kind: Kind) -> Option<&'static str> {
    let declares = |service: &&topology::ServiceSpec| match kind {
        Kind::Consumer => service.consumers.iter().any(|consumer| consumer.name == name),
        Kind::Projection => service.projection == Some(name),
    };
    SERVICES.iter().find(declares).map(|service| service.name)
}

/// How long the first message on one of `subjects` (all, if there is none) behind `sequence` has been in the log; zero
/// if there is none.
async fn waiting_since(
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

/// From the client library's time.
fn timestamp(time: async_nats::datetime::DateTime) -> Timestamp {
    let millis = i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok();
    millis
        .and_then(Timestamp::from_millis)
        .unwrap_or_else(Timestamp::now)
}

/// How long ago `time` was, in seconds; zero for what is to come.
pub fn age(time: Timestamp) -> Duration {
    let millis = Timestamp::now().as_millis() - time.as_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
