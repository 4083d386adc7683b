//! A sample of the server's state.

use std::{collections::BTreeMap, time::Instant};

use common::event::{DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECT_PREFIX, STREAM, Timestamp};
use futures::TryStreamExt as _;

use crate::{
    connection::Connection,
    failure::Failure,
    readers::{self, Reader},
};

/// A sample.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// When it was taken, on the monotonic clock.
    pub(super) taken: Instant,
    /// When it was taken, for display.
    pub(super) time: Timestamp,
    /// The log's last sequence, number of events and size in bytes.
    pub(super) head: u64,
    pub(super) events: u64,
    pub(super) bytes: u64,
    pub(super) readers: Vec<Reader>,
    /// The number of dead letters of each reader.
    pub(super) dead_letters: BTreeMap<String, u64>,
}

/// Takes a sample.
pub(super) async fn take(connection: &Connection) -> Result<Sample, Failure> {
    let log = connection.stream(STREAM).await?;
    let state = &log.cached_info().state;
    Ok(Sample {
        taken: Instant::now(),
        time: Timestamp::now(),
        head: state.last_sequence,
        events: state.messages,
        bytes: state.bytes,
        readers: readers::all(connection).await?,
        dead_letters: dead_letters(connection).await?,
    })
}

async fn dead_letters(connection: &Connection) -> Result<BTreeMap<String, u64>, Failure> {
    let letters = match connection.stream(DEAD_LETTER_STREAM).await {
        Err(Failure::NotFound(_)) => return Ok(BTreeMap::new()),
        letters => letters?,
    };
    let what = "the dead letters cannot be counted";
    let all = format!("{DEAD_LETTER_SUBJECT_PREFIX}.>");
    let subjects = connection
        .permitted(what, letters.info_with_subjects(all))
        .await?;
    let counts: Vec<(String, usize)> = connection.permitted(what, subjects.try_collect()).await?;
    let prefix = format!("{DEAD_LETTER_SUBJECT_PREFIX}.");
    let named = counts
        .into_iter()
        .filter_map(|(subject, count)| Some((subject.strip_prefix(&prefix)?.to_owned(), count as u64)));
    Ok(named.collect())
}
