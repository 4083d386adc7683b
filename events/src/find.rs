//! One event of the log by its id.

use std::time::Duration;

use common::event::{Timestamp, header};

use crate::{
    entry::Entry,
    failure::Failure,
    log::{End, Log, Scan, Start},
};

/// How far a writer's clock may be ahead of the server's.
const SKEW: Duration = Duration::from_secs(60);

/// The event of that id, or the one at that sequence.
///
/// # Errors
/// If the log cannot be read.
pub async fn find(log: &Log, id_or_sequence: &str) -> Result<Option<Entry>, Failure> {
    match id_or_sequence.parse() {
        Ok(sequence) => log.get(sequence).await,
        Err(_) => by_id(log, id_or_sequence).await,
    }
}

/// The first event of that id. An id tells the time it was made (UUIDv7), and the log knows where that time lies; only
/// what is not found there is looked for in all the log.
async fn by_id(log: &Log, id: &str) -> Result<Option<Entry>, Failure> {
    let mut scan = log.all();
    if let Some(made) = made_at(id) {
        scan.start = Start::Time(made.minus(SKEW));
        if let Some(entry) = scanned(log, scan, id).await? {
            return Ok(Some(entry));
        }
    }
    scanned(log, log.all(), id).await
}

async fn scanned(log: &Log, scan: Scan, id: &str) -> Result<Option<Entry>, Failure> {
    let mut reader = log.read(scan);
    while let Some(batch) = reader.next_batch().await? {
        let is_wanted = |entry: &Entry| entry.header(header::ID).is_some_and(|found| found == id);
        if let Some(entry) = batch.into_iter().find(is_wanted) {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

/// When a UUIDv7 was made: its first 48 bits are milliseconds since 1970 (RFC 9562, section 5.7).
pub fn made_at(id: &str) -> Option<Timestamp> {
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || digits.as_bytes().get(12) != Some(&b'7') {
        return None;
    }
    Timestamp::from_millis(i64::from_str_radix(digits.get(..12)?, 16).ok()?)
}

/// Everything from `from` on, to the head that was found.
pub fn since(log: &Log, from: Timestamp) -> Scan {
    Scan {
        start: Start::Time(from.minus(SKEW)),
        end: End::Sequence(log.head),
        subjects: Vec::new(),
    }
}
