//! The last few that match, without reading the whole log where that is not needed.

use std::collections::VecDeque;

use super::Checked;
use crate::{
    entry::Entry,
    failure::Failure,
    log::{End, Log, Start},
};

/// How far back the first look goes, in events; each further one goes so many times as far.
const FIRST_WINDOW: u64 = 1_000;
const GROWTH: u64 = 8;

/// The last `count` that match up to the sequence `end`, in order.
pub(super) async fn last(
    selection: &Checked,
    log: &Log,
    end: u64,
    count: usize,
) -> Result<Vec<Entry>, Failure> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut scan = selection.scan(log, End::Sequence(end));
    let beginning = match scan.start {
        Start::Sequence(sequence) => sequence.max(log.first),
        // Nobody but the server knows where that time lies, so there is no going back in windows.
        Start::Time(_) => return collect(selection, log, scan, count).await,
    };
    let mut window = FIRST_WINDOW.max(u64::try_from(count).unwrap_or(u64::MAX));
    loop {
        let start = end.saturating_add(1).saturating_sub(window).max(beginning);
        scan.start = Start::Sequence(start);
        let found = collect(selection, log, scan.clone(), count).await?;
        if found.len() >= count || start <= beginning {
            return Ok(found);
        }
        window = window.saturating_mul(GROWTH);
    }
}

async fn collect(
    selection: &Checked,
    log: &Log,
    scan: crate::log::Scan,
    count: usize,
) -> Result<Vec<Entry>, Failure> {
    let mut entries = selection.entries(log.read(scan));
    let mut last = VecDeque::new();
    while let Some(batch) = entries.next_batch().await? {
        for entry in batch {
            if last.len() == count {
                last.pop_front();
            }
            last.push_back(entry);
        }
    }
    Ok(last.into())
}
