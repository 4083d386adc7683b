//! The selected entries as a stream of batches.

use std::{num::NonZero, sync::Arc};

use futures::{StreamExt as _, stream::BoxStream};

use super::filter::Filter;
use crate::{
    entry::Entry,
    failure::{Failure, chain},
    log::Reader,
};

/// The selected entries, in order.
pub struct Entries {
    batches: BoxStream<'static, Result<Vec<Entry>, Failure>>,
    filter: Arc<Filter>,
    ended: bool,
}

impl std::fmt::Debug for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries")
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

impl Entries {
    /// The entries of `reader` that pass the filter, in order, filtered on several cores.
    pub(super) fn new(reader: Reader, filter: Arc<Filter>) -> Self {
        let batches = futures::stream::try_unfold(reader, async |mut reader| {
            let batch = reader.next_batch().await?;
            Ok(batch.map(|batch| (batch, reader)))
        });
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let batches = {
            let filter = filter.clone();
            batches
                .map(move |batch| filter_batch(filter.clone(), batch))
                .buffered(cores + 1)
                .boxed()
        };
        Self {
            batches,
            filter,
            ended: false,
        }
    }

    /// Puts a batch that was read already before the others.
    pub(super) fn prepend(&mut self, batch: Vec<Entry>) {
        let rest = std::mem::replace(&mut self.batches, futures::stream::empty().boxed());
        self.batches = futures::stream::iter([Ok(batch)]).chain(rest).boxed();
    }

    /// The next entries, as soon as there are any; `None` after the last. Never an empty batch.
    ///
    /// # Errors
    /// If the log can no longer be read.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        while let Some(batch) = self.batches.next().await {
            let batch = batch?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
        if !std::mem::replace(&mut self.ended, true) {
            self.filter.report_errors();
        }
        Ok(None)
    }
}

async fn filter_batch(
    filter: Arc<Filter>,
    batch: Result<Vec<Entry>, Failure>,
) -> Result<Vec<Entry>, Failure> {
    let mut batch = batch?;
    if filter.is_cheap() {
        batch.retain(|entry| filter.passes(entry));
        return Ok(batch);
    }
    let work = tokio::task::spawn_blocking(move || {
        batch.retain(|entry| filter.passes(entry));
        batch
    });
    work.await
        .map_err(|error| Failure::usage(format!("--where failed: {}", chain(&error))))
}
