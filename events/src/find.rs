//! Looking up one event of the log by its id.

use std::time::Duration;

use common::event::{Timestamp, header};

use crate::{
    entry::Entry,
    failure::Failure,
    log::{End, Log, Scan, Start},
};

/// The tolerated difference between a publisher's clock and the server's.
const SKEW: Duration = Duration::from_secs(60);

/// The event with that id or sequence.
///
/// # Errors
/// If the log cannot be read.
pub async fn find(log: &Log, id_or_sequence: &str) -> Result<Option<Entry>, Failure> {
    match id_or_sequence.parse() {
        Ok(sequence) => log.get(sequence).await,
        Err(_) => by_id(log, id_or_sequence).await,
    }
}

/// The first event with that id. A UUIDv7 contains its creation time, so the search starts there; if that finds
/// nothing, the whole log is scanned.
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

/// The creation time of a UUIDv7: its first 48 bits are milliseconds since 1970 (RFC 9562, section 5.7).
pub fn made_at(id: &str) -> Option<Timestamp> {
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || digits.as_bytes().get(12) != Some(&b'7') {
        return None;
    }
    Timestamp::from_millis(i64::from_str_radix(digits.get(..12)?, 16).ok()?)
}

/// Everything since `from`, up to the head at the time of opening.
pub fn since(log: &Log, from: Timestamp) -> Scan {
    Scan {
        start: Start::Time(from.minus(SKEW)),
        end: End::Sequence(log.head),
        subjects: Vec::new(),
    }
}
