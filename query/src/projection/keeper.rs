//! Of all replicas one at a time keeps the read model: it projects the log into the live generation, builds a new
//! one when asked, and removes old ones.

use std::{sync::Arc, time::Duration};

use common::error::chain;
use mongodb::bson::DateTime;
use runtime::{
    bus::{Bus, run_projection},
    store::{Lease, StoreError},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{rebuild, writer::LiveProjection};
use crate::{
    live::Hub,
    model::MODEL_VERSION,
    store::{Live, Store, ensure_indexes},
};

/// Held while a batch is applied to the live generation, and while a new generation takes its place.
pub type Gate = Mutex<()>;

/// How the keeper keeps time.
#[derive(Debug, Clone, Copy)]
pub struct KeeperSettings {
    /// How long the lease lasts; it is renewed at a third of it.
    pub lease: Duration,
    /// How long the collections of an old generation stay after a switch, for replicas that still read them.
    pub grace: Duration,
    /// How often it looks whether a rebuild is wanted.
    pub poll: Duration,
}

/// A replica's part in keeping the read model.
#[derive(Debug)]
pub struct Keeper {
    store: Store,
    bus: Bus,
    hub: Hub,
    lease: Lease,
    settings: KeeperSettings,
}

impl Keeper {
    pub fn new(store: &Store, bus: &Bus, hub: &Hub, settings: KeeperSettings) -> Self {
        let holder = hub.replica().to_owned();
        Self {
            store: store.clone(),
            bus: bus.clone(),
            hub: hub.clone(),
            lease: Lease::new(store.database(), "projection", holder, settings.lease),
            settings,
        }
    }

    /// Keeps the model whenever it holds the lease, until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut told = false;
        while !stop.is_cancelled() {
            match self.lease.acquire().await {
                Ok(true) => self.keep(&stop).await,
                Ok(false) => {}
                Err(error) => {
                    // Without the lease nothing is projected: once for each outage that is worth a line.
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(error = chain(&error), "the lease cannot be asked for");
                    }
                    pause(self.settings.lease / 3, &stop).await;
                    continue;
                }
            }
            told = false;
            pause(self.settings.lease / 3, &stop).await;
        }
    }

    async fn keep(&self, stop: &CancellationToken) {
        tracing::info!("this replica keeps the read model");
        metrics::gauge!("query_keeper").set(1.0);
        tokio::select! {
            () = self.project(stop) => {}
            // Whatever is under way is dropped on the spot; its successor does it again.
            () = self.hold() => tracing::warn!("the lease was lost; another replica keeps the read model"),
        }
        metrics::gauge!("query_keeper").set(0.0);
        if let Err(error) = self.lease.release().await {
            tracing::debug!(error = chain(&error), "the lease ends by itself");
        }
    }

    /// Renews the lease for as long as that goes.
    async fn hold(&self) {
        let mut held_until = Instant::now() + self.settings.lease;
        loop {
            sleep(self.settings.lease / 3).await;
            let asked = Instant::now();
            match self.lease.acquire().await {
                Ok(true) => held_until = asked + self.settings.lease,
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
                // A newer release has changed the model: let one of its replicas have the lease.
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "the projection cannot begin");
                    pause(Duration::from_millis(500), stop).await;
                }
            }
        }
    }

    /// Projects into the live generation until it is replaced or `stop`; false if it is too new for this release.
    async fn project_live(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let live = self.store.meta.live_or_first().await?;
        if live.model_version > MODEL_VERSION {
            tracing::warn!(
                model_version = live.model_version,
                "a newer release made the read model; it is only served here"
            );
            return Ok(false);
        }
        if self.store.switch_to(live.generation) {
            self.hub.everything_changed();
        }
        ensure_indexes(&self.store.generation(live.generation)).await?;
        self.store.meta.finish_switch(live.generation).await?;
        if live.model_version < MODEL_VERSION {
            self.store.meta.request_rebuild().await?;
        }
        tracing::info!(generation = live.generation, "projecting");
        let over = stop.child_token();
        let gate = Arc::new(Gate::default());
        let mut projection =
            LiveProjection::new(&self.store, live.generation, gate.clone(), self.hub.clone());
        tokio::join!(
            run_projection(&self.bus, &mut projection, &over),
            self.build_when_wanted(live, &gate, &over),
            self.clean(&over),
        );
        Ok(true)
    }

    /// Builds a new generation once one is wanted, and ends the projection into the old one with the switch.
    async fn build_when_wanted(&self, live: Live, gate: &Arc<Gate>, over: &CancellationToken) {
        while !over.is_cancelled() {
            match self.store.meta.building().await {
                Ok(Some(building))
                    if building.model_version == MODEL_VERSION && building.generation > live.generation =>
                {
                    let build = rebuild::Build {
                        live,
                        building,
                        gate: gate.clone(),
                    };
                    match rebuild::build(&self.store, &self.bus, &self.hub, build, over).await {
                        Ok(()) => over.cancel(),
                        Err(error) => {
                            tracing::warn!(error = chain(&error), "the new generation cannot be built yet");
                        }
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(error = chain(&error), "no look for a rebuild"),
            }
            pause(self.settings.poll, over).await;
        }
    }

    /// Removes generations that were replaced a while ago.
    async fn clean(&self, over: &CancellationToken) {
        while !over.is_cancelled() {
            if let Err(error) = self.remove_retired().await {
                tracing::debug!(error = chain(&error), "old generations stay for now");
            }
            pause(self.settings.poll, over).await;
        }
    }

    async fn remove_retired(&self) -> Result<(), StoreError> {
        let grace = i64::try_from(self.settings.grace.as_millis()).unwrap_or(i64::MAX);
        let before = DateTime::from_millis(DateTime::now().timestamp_millis().saturating_sub(grace));
        for number in self.store.meta.retired(before).await? {
            self.store.generation(number).remove().await?;
            tracing::info!(generation = number, "removed an old generation");
        }
        Ok(())
    }
}

/// Waits, unless `stop` comes first.
async fn pause(length: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = sleep(length) => {}
    }
}
