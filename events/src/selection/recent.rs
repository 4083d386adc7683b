//! The last matching events, without reading the whole log if possible.

use std::{collections::VecDeque, sync::Arc};

use super::{entries::Entries, filter::Filter};
use crate::{
    entry::Entry,
    failure::Failure,
    log::{End, Log, Scan, Start},
};

/// The size of the first window in events, and the growth factor of each further one.
const FIRST_WINDOW: u64 = 1_000;
const GROWTH: u64 = 8;

/// The last `count` entries of `scan`, which has an end, that match `filter`, in order.
pub(super) async fn last(
    log: &Log,
    mut scan: Scan,
    filter: &Arc<Filter>,
    count: usize,
) -> Result<Vec<Entry>, Failure> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let end = match scan.end {
        End::Sequence(end) => end,
        End::Follow => log.head,
    };
    let beginning = match scan.start {
        Start::Sequence(sequence) => sequence.max(log.first),
        // Only the server can map the time to a sequence, so windows are not possible.
        Start::Time(_) => return collect(log, scan, filter, count).await,
    };
    let mut window = FIRST_WINDOW.max(u64::try_from(count).unwrap_or(u64::MAX));
    loop {
        let start = end.saturating_add(1).saturating_sub(window).max(beginning);
        scan.start = Start::Sequence(start);
        let found = collect(log, scan.clone(), filter, count).await?;
        if found.len() >= count || start <= beginning {
            return Ok(found);
        }
        window = window.saturating_mul(GROWTH);
    }
}

async fn collect(log: &Log, scan: Scan, filter: &Arc<Filter>, count: usize) -> Result<Vec<Entry>, Failure> {
    let mut entries = Entries::new(log.read(scan), filter.clone());
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
