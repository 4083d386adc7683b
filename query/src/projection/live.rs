//! The projection into the live generation, which publishes change notes.

use std::sync::Arc;

use common::event::topology::QUERY_PROJECTION;
use runtime::{
    bus::{Batch, Checkpoint, Projection},
    store::StoreError,
};
use tokio::sync::Mutex;

use super::{fold::Folded, writer::Writer};
use crate::{changes::ChangeNote, hub::Hub, store::Store};

/// Locked while a batch is applied to the live generation, and while a new generation replaces it.
pub type Gate = Arc<Mutex<()>>;

#[derive(Debug)]
pub struct LiveProjection {
    store: Store,
    number: u32,
    writer: Option<Writer>,
    gate: Gate,
    hub: Hub,
}

impl LiveProjection {
    pub fn new(store: &Store, number: u32, gate: &Gate, hub: &Hub) -> Self {
        Self {
            store: store.clone(),
            number,
            writer: None,
            gate: gate.clone(),
            hub: hub.clone(),
        }
    }
}

impl Projection for LiveProjection {
    fn name(&self) -> &str {
        QUERY_PROJECTION
    }

    async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let progress = self.store.meta.progress(self.number).await?;
        Ok(progress.map(|progress| progress.checkpoint()).unwrap_or_default())
    }

    async fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        // A new generation that replaces this one must not fall behind it meanwhile.
        let _locked = self.gate.lock().await;
        // After an error the writer is dropped; the next one has a new term and starts at the stored checkpoint.
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::acquire(&self.store, self.number).await?,
        };
        metrics::gauge!("query_log_pending").set(batch.pending as f64);
        metrics::gauge!("query_log_position").set(batch.checkpoint.sequence as f64);
        if !writer.is_current(&batch) {
            let (events, position) = (batch.entries.len(), batch.checkpoint.sequence);
            let folded = Folded::of(batch.entries);
            let versions = folded.versions();
            let keys = writer.apply(folded, &batch.checkpoint).await?;
            metrics::counter!("query_events_applied_total").increment(events as u64);
            // Also published if nothing has changed: a gap in the numbers of batches means that a note was lost.
            let note = ChangeNote {
                keys: ChangeNote::limited(keys),
                position,
                batch: writer.batches(),
                generation: self.number,
                from: self.hub.replica().to_owned(),
                versions: Some(versions),
            };
            self.hub.publish(note).await;
        }
        self.writer = Some(writer);
        Ok(())
    }
}
