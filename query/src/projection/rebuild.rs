//! A new generation beside the live one: filled from the beginning of the log, and switched to when it has caught
//! up. Readers see the old one until they see the new one, which is never behind it.

use std::{sync::Arc, time::Duration};

use runtime::{
    bus::{Batch, Bus, Checkpoint, Projection, run_projection},
    store::StoreError,
};
use tokio::{sync::OwnedMutexGuard, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{keeper::Gate, writer::Writer};
use crate::{
    live::Hub,
    notes::{Key, Note},
    store::{Building, Live, Store, ensure_indexes},
};

/// From this many events behind the log's end on, the live projection is halted to be overtaken.
const NEAR: u64 = 500;
/// The longest that it is halted before it goes on and is overtaken later.
const MAX_HALT: Duration = Duration::from_secs(2);

/// What is built, and what it is to replace.
#[derive(Debug)]
pub struct Build {
    pub live: Live,
    pub building: Building,
    pub gate: Arc<Gate>,
}

/// Builds and switches; returns when that is done, or at `stop` with what there is left to be gone on with.
///
/// # Errors
/// If the database is away.
pub async fn build(
    store: &Store,
    bus: &Bus,
    hub: &Hub,
    build: Build,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let number = build.building.generation;
    tracing::info!(
        generation = number,
        "building a new generation beside the live one"
    );
    ensure_indexes(&store.generation(number)).await?;
    let done = stop.child_token();
    let mut projection = BuildingProjection {
        store: store.clone(),
        hub: hub.clone(),
        build,
        writer: None,
        halted: None,
        done: done.clone(),
    };
    run_projection(bus, &mut projection, &done).await;
    Ok(())
}

struct BuildingProjection {
    store: Store,
    hub: Hub,
    build: Build,
    writer: Option<Writer>,
    /// The live projection stands still while this is held.
    halted: Option<(OwnedMutexGuard<()>, Instant)>,
    done: CancellationToken,
}

impl Projection for BuildingProjection {
    fn name(&self) -> &str {
        common::event::topology::QUERY_PROJECTION
    }

    fn progress_key(&self) -> &str {
        "query-rebuild"
    }

    async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let progress = self.store.meta.progress(self.build.building.generation).await?;
        Ok(progress.map(|progress| progress.checkpoint()).unwrap_or_default())
    }

    async fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        let result = self.step(batch).await;
        if result.is_err() {
            self.halted = None;
        }
        result
    }
}

impl BuildingProjection {
    async fn step(&mut self, batch: Batch) -> Result<(), StoreError> {
        if self.done.is_cancelled() {
            return Ok(());
        }
        let (pending, sequence) = (batch.pending, batch.checkpoint.sequence);
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::take_up(&self.store, self.build.building.generation).await?,
        };
        writer.apply(batch).await?;
        let reached = writer.checkpoint();
        self.writer = Some(writer);
        metrics::gauge!("query_rebuild_pending").set(pending as f64);
        if pending > NEAR {
            return Ok(());
        }
        if self.halted.is_none() {
            self.halted = Some((self.build.gate.clone().lock_owned().await, Instant::now()));
        }
        if self.is_abreast(&reached).await? {
            self.switch(sequence).await?;
            self.halted = None;
        } else if self
            .halted
            .as_ref()
            .is_some_and(|(_, since)| since.elapsed() > MAX_HALT)
        {
            self.halted = None;
        }
        Ok(())
    }

    /// Whether the live generation, which stands still, shows nothing that this one does not.
    async fn is_abreast(&self, reached: &Checkpoint) -> Result<bool, StoreError> {
        let live = self.store.meta.progress(self.build.live.generation).await?;
        let live = live.map(|progress| progress.checkpoint()).unwrap_or_default();
        // Of a log that was replaced in between, the live projection has not read the end; it will, and then tell.
        let same_log = live.log_created.is_empty() || live.log_created == reached.log_created;
        Ok(same_log && live.sequence <= reached.sequence)
    }

    async fn switch(&self, sequence: u64) -> Result<(), StoreError> {
        let Build { live, building, .. } = self.build;
        self.store.meta.switch(live.generation, building).await?;
        tracing::info!(generation = building.generation, "the new generation is live");
        self.store.switch_to(building.generation);
        let note = Note::new([Key::All], sequence, 0, building.generation, self.hub.replica());
        self.hub.announce(note).await;
        self.done.cancel();
        Ok(())
    }
}
