//! The log as entries, in order, each once.
//!
//! Read by an ordered consumer: ephemeral, in the server's memory, acknowledging nothing, checked for gaps, made again
//! where it left off. Looking so never disturbs a durable consumer. The client library's own ordered consumer goes on
//! at its old sequence even in a stream that was made anew, and so would skip events; this one looks first.

mod reader;

use async_nats::jetstream::stream::{Info, Stream};
use common::event::Timestamp;

pub use self::reader::Reader;
use crate::{connection::Connection, failure::Failure};

/// A stream of the server, as it was found.
#[derive(Debug, Clone)]
pub struct Log {
    connection: Connection,
    stream: Stream,
    /// Its name.
    pub name: String,
    /// The first sequence that is still there.
    pub first: u64,
    /// The head: the last sequence.
    pub head: u64,
    /// How many messages it holds.
    pub messages: u64,
    /// Tells it from another of the same name that replaced it.
    pub created: String,
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this sequence, or the first one after it.
    Sequence(u64),
    /// At the first message that was stored at this time or later.
    Time(Timestamp),
}

/// Where reading ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After this sequence.
    Sequence(u64),
    /// Never: what is still to come is waited for.
    Follow,
}

/// What to read.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Where to begin.
    pub start: Start,
    /// Where to end.
    pub end: End,
    /// Only messages on one of these subjects, which may not overlap; all if there is none.
    pub subjects: Vec<String>,
}

impl Log {
    /// Looks at the stream `name`.
    ///
    /// # Errors
    /// If there is none, or it cannot be looked at.
    pub async fn open(connection: &Connection, name: &str) -> Result<Self, Failure> {
        let stream = connection.stream(name).await?;
        let info: &Info = stream.cached_info();
        Ok(Self {
            connection: connection.clone(),
            name: name.to_owned(),
            first: info.state.first_sequence,
            head: info.state.last_sequence,
            messages: info.state.messages,
            created: info.created.to_string(),
            stream,
        })
    }

    /// All of it, up to the head that was found.
    pub fn all(&self) -> Scan {
        Scan {
            start: Start::Sequence(self.first),
            end: End::Sequence(self.head),
            subjects: Vec::new(),
        }
    }

    /// Reads `scan`.
    pub fn read(&self, scan: Scan) -> Reader {
        Reader::new(self.clone(), scan)
    }

    /// The one message of that sequence, if it is there.
    ///
    /// # Errors
    /// If it may not be read, or the server is away.
    pub async fn get(&self, sequence: u64) -> Result<Option<crate::entry::Entry>, Failure> {
        let scan = Scan {
            start: Start::Sequence(sequence),
            end: End::Sequence(sequence),
            subjects: Vec::new(),
        };
        let found = self.read(scan).next_batch().await?;
        Ok(found.and_then(|batch| batch.into_iter().next()))
    }
}
