//! Elects one replica as leader. The leader projects the log into the live generation, builds a new one on request, and
//! removes old ones.

use std::time::Duration;

use common::error::chain;
use mongodb::bson::DateTime;
use runtime::{
    bus::{Bus, run_projection},
    store::{Lease, StoreError},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    live::{Gate, LiveProjection},
    rebuild::Rebuild,
};
use crate::{
    hub::Hub,
    model::MODEL_VERSION,
    store::{Live, Store, ensure_indexes},
};

/// The pause before the projection starts again after a failure.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
pub struct LeaderSettings {
    /// The length of the lease, which is renewed at a third of it.
    pub lease: Duration,
    /// How long an old generation is retained after a switch, for replicas that still read it.
    pub grace: Duration,
    /// How often requests for a rebuild and old generations are looked up.
    pub poll_interval: Duration,
}

/// This replica as a candidate.
#[derive(Debug)]
pub struct Leader {
    store: Store,
    bus: Bus,
    hub: Hub,
    lease: Lease,
    settings: LeaderSettings,
}

impl Leader {
    pub fn new(store: &Store, bus: &Bus, hub: &Hub, settings: LeaderSettings) -> Self {
        let holder = hub.replica().to_owned();
        Self {
            store: store.clone(),
            bus: bus.clone(),
            hub: hub.clone(),
            lease: Lease::new(store.database(), "projection", holder, settings.lease),
            settings,
        }
    }

    /// Leads whenever this replica holds the lease, until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut is_reported = false;
        while !stop.is_cancelled() {
            match self.lease.acquire().await {
                Ok(is_acquired) => {
                    is_reported = false;
                    if is_acquired {
                        self.lead(stop).await;
                    }
                }
                // Nothing is projected without the lease: reported once for each outage.
                Err(error) => {
                    if !std::mem::replace(&mut is_reported, true) {
                        tracing::warn!(error = chain(&error), "the lease cannot be acquired");
                    }
                }
            }
            pause(self.settings.lease / 3, stop).await;
        }
    }

    async fn lead(&self, stop: &CancellationToken) {
        tracing::info!("this replica projects the log");
        metrics::gauge!("query_projection_leader").set(1.0);
        tokio::select! {
            () = self.project(stop) => {}
            // Work in progress is dropped; the next leader repeats it.
            () = self.renew_lease() => tracing::warn!("the lease was lost; another replica projects the log"),
        }
        metrics::gauge!("query_projection_leader").set(0.0);
        if let Err(error) = self.lease.release().await {
            tracing::debug!(
                error = chain(&error),
                "the lease was not released and will expire"
            );
        }
    }

    /// Renews the lease until it is lost.
    async fn renew_lease(&self) {
        let mut held_until = Instant::now() + self.settings.lease;
        loop {
            sleep(self.settings.lease / 3).await;
            let started = Instant::now();
            match self.lease.acquire().await {
                Ok(true) => held_until = started + self.settings.lease,
                Ok(false) => return,
                Err(_) if Instant::now() >= held_until => return,
                Err(error) => tracing::debug!(error = chain(&error), "the lease was not renewed"),
            }
        }
    }

    async fn project(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.project_live(stop).await {
                Ok(true) => {}
                // A replica of the newer release must get the lease.
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "the projection cannot start");
                    pause(RESTART_PAUSE, stop).await;
                }
            }
        }
    }

    /// Projects into the live generation until it is replaced; returns false if its format is too new for this release.
    /// One of an older format is read as it is until it is replaced.
    async fn project_live(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let live = self.store.meta.live_or_first().await?;
        let (generation, model_version) = (live.generation, live.model_version);
        if model_version > MODEL_VERSION {
            tracing::warn!(
                model_version,
                "the read model is of a newer release, and read-only for this one"
            );
            return Ok(false);
        }
        if self.store.switch_to(generation) {
            self.hub.invalidate_all();
        }
        self.store.meta.finish_switch(generation).await?;
        let is_current = model_version == MODEL_VERSION;
        if is_current {
            ensure_indexes(&self.store.generation(generation)).await?;
        } else {
            self.store.meta.request_rebuild().await?;
        }
        tracing::info!(generation, is_current, "projecting");
        let replaced = stop.child_token();
        let gate = Gate::default();
        let mut projection = LiveProjection::new(&self.store, generation, &gate, &self.hub);
        let project = async {
            if is_current {
                run_projection(&self.bus, &mut projection, &replaced).await;
            }
        };
        tokio::join!(
            project,
            self.rebuild_on_request(live, &gate, &replaced),
            self.remove_old_generations(&replaced),
        );
        Ok(true)
    }

    /// Builds a requested generation, and ends the projection into the live one with the switch.
    async fn rebuild_on_request(&self, live: Live, gate: &Gate, replaced: &CancellationToken) {
        while !replaced.is_cancelled() {
            match self.store.meta.building().await {
                Ok(Some(building))
                    if building.model_version == MODEL_VERSION && building.generation > live.generation =>
                {
                    let gate = gate.clone();
                    let rebuild = Rebuild { live, building, gate };
                    rebuild.run(&self.store, &self.bus, &self.hub, replaced).await;
                    replaced.cancel();
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(error = chain(&error), "cannot read requests for a rebuild"),
            }
            pause(self.settings.poll_interval, replaced).await;
        }
    }

    async fn remove_old_generations(&self, replaced: &CancellationToken) {
        while !replaced.is_cancelled() {
            if let Err(error) = self.remove_retired().await {
                tracing::debug!(error = chain(&error), "old generations cannot be removed yet");
            }
            pause(self.settings.poll_interval, replaced).await;
        }
    }

    async fn remove_retired(&self) -> Result<(), StoreError> {
        let grace = i64::try_from(self.settings.grace.as_millis()).unwrap_or(i64::MAX);
        let before = DateTime::from_millis(DateTime::now().timestamp_millis().saturating_sub(grace));
        for generation in self.store.meta.retired(before).await? {
            self.store.generation(generation).remove().await?;
            tracing::info!(generation, "removed an old generation");
        }
        Ok(())
    }
}

async fn pause(length: Duration, stop: &CancellationToken) {
    stop.run_until_cancelled(sleep(length)).await;
}
