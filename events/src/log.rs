//! The log as entries, in order, without duplicates.
//!
//! Read by an ordered consumer: ephemeral, in the server's memory, without acknowledgements, checked for gaps, and
//! recreated at its last position. It never disturbs a durable consumer. The client library's own ordered consumer
//! continues at its old sequence even in a recreated stream, and so would skip events; this one checks the stream first.

mod reader;

use async_nats::jetstream::stream::{Info, Stream};
use common::event::Timestamp;

pub use self::reader::Reader;
use crate::{connection::Connection, failure::Failure};

/// A stream of the server and its state at the time of opening.
#[derive(Debug, Clone)]
pub struct Log {
    connection: Connection,
    stream: Stream,
    /// Its name.
    pub name: String,
    /// The first retained sequence.
    pub first: u64,
    /// The head: the last sequence.
    pub head: u64,
    /// The number of its messages.
    pub messages: u64,
    /// Its creation time, which distinguishes it from a recreated stream of the same name.
    pub created: String,
}

/// The start of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this sequence, or the first after it.
    Sequence(u64),
    /// At the first message stored at this time or later.
    Time(Timestamp),
}

/// The end of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After this sequence.
    Sequence(u64),
    /// Never: wait for new messages.
    Follow,
}

/// A range of the log.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Its start.
    pub start: Start,
    /// Its end.
    pub end: End,
    /// Only messages on these subjects, which may not overlap; empty for all.
    pub subjects: Vec<String>,
}

impl Log {
    /// Opens the stream `name`.
    ///
    /// # Errors
    /// If it does not exist or cannot be inspected.
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

    /// The whole log, up to the head at the time of opening.
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

    /// The message with that sequence, if the log has it.
    ///
    /// # Errors
    /// If reading is not permitted, or the server is unavailable.
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
