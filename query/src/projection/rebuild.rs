//! Builds a new generation beside the live one: [loads](super::load) it from the beginning of the log, catches up, switches.
//! Readers use the old one until they use the new one, which is never behind it.

use std::time::Duration;

use common::event::topology::QUERY_PROJECTION;
use runtime::{
    bus::{Batch, Bus, Checkpoint, Projection, run_projection},
    store::StoreError,
};
use tokio::{sync::OwnedMutexGuard, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{fold::Folded, live::Gate, load::Loader, writer::Writer};
use crate::{
    changes::{ChangeNote, Key},
    hub::Hub,
    store::{Building, Live, Store},
};

/// With fewer pending events than this, the live projection is halted so that the new generation catches up.
const CATCH_UP_THRESHOLD: u64 = 500;
/// The longest halt; after it the live projection continues, and is halted again later.
const MAX_HALT: Duration = Duration::from_secs(2);

/// The generation to build, and the one to replace.
#[derive(Debug)]
pub struct Rebuild {
    pub live: Live,
    pub building: Building,
    pub gate: Gate,
}

impl Rebuild {
    /// Builds and switches; returns then or at `stop`. An interrupted rebuild continues at its checkpoint.
    pub async fn run(self, store: &Store, bus: &Bus, hub: &Hub, stop: &CancellationToken) {
        let generation = self.building.generation;
        tracing::info!(generation, "building a new read model beside the live one");
        let done = stop.child_token();
        let mut projection = BuildingProjection {
            store: store.clone(),
            hub: hub.clone(),
            rebuild: self,
            phase: None,
            halt: None,
            done: done.clone(),
        };
        run_projection(bus, &mut projection, &done).await;
    }
}

enum Phase {
    Loading(Loader),
    CatchingUp(Writer),
}

struct BuildingProjection {
    store: Store,
    hub: Hub,
    rebuild: Rebuild,
    /// None before the generation is acquired, and after an error.
    phase: Option<Phase>,
    /// The lock that halts the live projection, and since when.
    halt: Option<(OwnedMutexGuard<()>, Instant)>,
    done: CancellationToken,
}

impl Projection for BuildingProjection {
    fn name(&self) -> &str {
        QUERY_PROJECTION
    }

    fn progress_key(&self) -> &str {
        "query-rebuild"
    }

    async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        self.checkpoint_of(self.rebuild.building).await
    }

    async fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        let result = self.step(batch).await;
        if result.is_err() {
            self.halt = None;
        }
        result
    }
}

impl BuildingProjection {
    async fn step(&mut self, batch: Batch) -> Result<(), StoreError> {
        if self.done.is_cancelled() {
            return Ok(());
        }
        let (pending, checkpoint) = (batch.pending, batch.checkpoint.clone());
        metrics::gauge!("query_rebuild_pending").set(pending as f64);
        let phase = match self.phase.take() {
            Some(phase) => phase,
            None => self.acquire().await?,
        };
        self.phase = Some(self.advance(phase, batch).await?);
        if pending > CATCH_UP_THRESHOLD {
            self.halt = None;
            return Ok(());
        }
        if self.halt.is_none() {
            let locked = self.rebuild.gate.clone().lock_owned().await;
            self.halt = Some((locked, Instant::now()));
        }
        if self.has_caught_up(&checkpoint).await? {
            self.switch(checkpoint.sequence).await?;
            self.halt = None;
        } else if let Some((_, since)) = &self.halt
            && since.elapsed() > MAX_HALT
        {
            self.halt = None;
        }
        Ok(())
    }

    async fn advance(&self, phase: Phase, batch: Batch) -> Result<Phase, StoreError> {
        let pending = batch.pending;
        Ok(match phase {
            Phase::Loading(mut loader) => {
                loader.add(batch).await?;
                if pending > CATCH_UP_THRESHOLD {
                    return Ok(Phase::Loading(loader));
                }
                let progress = loader.finish().await?;
                Phase::CatchingUp(Writer::new(&self.store, self.number(), progress))
            }
            Phase::CatchingUp(mut writer) => {
                if !writer.is_current(&batch) {
                    let checkpoint = batch.checkpoint;
                    writer.apply(Folded::of(batch.entries), &checkpoint).await?;
                }
                Phase::CatchingUp(writer)
            }
        })
    }

    fn number(&self) -> u32 {
        self.rebuild.building.generation
    }

    async fn acquire(&self) -> Result<Phase, StoreError> {
        let progress = self.store.meta.acquire(self.number()).await?;
        Ok(match progress.batches {
            0 => Phase::Loading(Loader::new(&self.store, self.number(), progress)),
            _ => Phase::CatchingUp(Writer::new(&self.store, self.number(), progress)),
        })
    }

    async fn checkpoint_of(&self, generation: Live) -> Result<Checkpoint, StoreError> {
        let progress = self.store.meta.progress(generation.generation).await?;
        Ok(progress.map(|progress| progress.checkpoint()).unwrap_or_default())
    }

    /// Whether the halted live generation contains nothing that this one does not.
    async fn has_caught_up(&self, reached: &Checkpoint) -> Result<bool, StoreError> {
        let live = self.checkpoint_of(self.rebuild.live).await?;
        // If the log was replaced meanwhile, the live projection has not yet read the end of the new one.
        let same_log = live.log_created.is_empty() || live.log_created == reached.log_created;
        Ok(same_log && live.sequence <= reached.sequence)
    }

    async fn switch(&self, position: u64) -> Result<(), StoreError> {
        let Rebuild { live, building, .. } = self.rebuild;
        let generation = building.generation;
        self.store.meta.switch(live.generation, building).await?;
        tracing::info!(generation, "the new read model is live");
        self.store.switch_to(generation);
        let note = ChangeNote {
            keys: vec![Key::All],
            position,
            batch: 0,
            generation,
            from: self.hub.replica().to_owned(),
            versions: None,
        };
        self.hub.publish(note).await;
        self.done.cancel();
        Ok(())
    }
}
