//! Publishing the current state of every aggregate again, so that even a deleted log can be rebuilt.

use futures::StreamExt as _;

use super::RelayError;
use crate::{
    bus::Bus,
    store::{Aggregate, AggregateStore, StoreError},
};

/// The most events and bytes of one step.
const MAX_STEP: usize = 128;
const MAX_BYTES: usize = 8 << 20;

/// Publishes the last event of every aggregate in `store` again, straight to the log, and returns how many there
/// were. Consumers that have seen them ignore them; a new or emptied log is filled.
///
/// # Errors
/// If the database or the bus is unavailable; or, after all others were published, if some events cannot be.
/// It may be run again.
pub async fn resync<A: Aggregate>(store: &AggregateStore<A>, bus: &Bus) -> Result<u64, RelayError> {
    let mut events = std::pin::pin!(store.last_events().await?);
    let mut resync = Resync::default();
    let (mut step, mut bytes) = (Vec::new(), 0);
    loop {
        let next = events.next().await;
        let is_last = next.is_none();
        match next {
            Some(Ok(event)) => {
                bytes += event.payload.len();
                step.push(vec![event]);
            }
            Some(Err(error)) => resync.failed(error.into())?,
            None => {}
        }
        if is_last || step.len() == MAX_STEP || bytes >= MAX_BYTES {
            for published in bus.publish(&std::mem::take(&mut step)).await {
                match published.failure {
                    None => resync.published += 1,
                    Some(error) => resync.failed(error.into())?,
                }
            }
            bytes = 0;
        }
        if is_last {
            return resync.finish();
        }
    }
}

/// The result so far.
#[derive(Debug, Default)]
struct Resync {
    published: u64,
    failures: u64,
    first: Option<RelayError>,
}

impl Resync {
    /// Counts a failure of one event; any other one ends the resync.
    fn failed(&mut self, error: RelayError) -> Result<(), RelayError> {
        let is_of_event = match &error {
            RelayError::Publish(error) => error.is_of_message(),
            RelayError::Store(error) => {
                matches!(error, StoreError::NewerRelease { .. } | StoreError::Encode(_))
            }
            RelayError::Incomplete { .. } => false,
        };
        if !is_of_event {
            return Err(error);
        }
        self.failures += 1;
        self.first.get_or_insert(error);
        Ok(())
    }

    fn finish(self) -> Result<u64, RelayError> {
        match self.first {
            None => Ok(self.published),
            Some(first) => Err(RelayError::Incomplete {
                published: self.published,
                failures: self.failures,
                source: Box::new(first),
            }),
        }
    }
}
