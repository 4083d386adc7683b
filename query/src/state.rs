//! What handlers and tasks share.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
    store::StoreError,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    cache::{LIFETIME, ResponseCache},
    config::QuerySettings,
    freshness::TokenWaiter,
    hub::Hub,
    invalidation::Invalidations,
    live_limits::LiveLimits,
    model::MODEL_VERSION,
    projection::{Leader, LeaderSettings},
    reads::Reads,
    store::{Store, ensure_indexes},
};

/// The state of the service; cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    pub store: Store,
    pub leader: Arc<Leader>,
    pub hub: Hub,
    pub reads: Reads,
    pub cache: ResponseCache,
    pub tokens: TokenWaiter,
    pub live_limits: LiveLimits,
    pub previews: Arc<Semaphore>,
    pub draining: CancellationToken,
    pub verifier: Verifier,
}

impl FromRef<AppState> for Verifier {
    fn from_ref(state: &AppState) -> Self {
        state.verifier.clone()
    }
}

impl AppState {
    /// # Errors
    /// If the service has no database.
    pub fn new(context: &ServiceContext, settings: QuerySettings) -> Result<Self, StartError> {
        let store = Store::new(context.database()?);
        let invalidations = Arc::new(Invalidations::new(LIFETIME));
        let hub = Hub::new(&context.bus, invalidations.clone());
        let leader = LeaderSettings {
            lease: Duration::from_secs(settings.lease),
            grace: Duration::from_secs(settings.grace),
            poll_interval: Duration::from_secs(1),
        };
        Ok(Self {
            leader: Arc::new(Leader::new(&store, &context.bus, &hub, leader)),
            reads: Reads::new(&store),
            cache: ResponseCache::new(settings.cache_mb * 1024 * 1024, invalidations),
            tokens: TokenWaiter::new(&store, &context.bus, &hub),
            store,
            hub,
            live_limits: LiveLimits::new(settings.live_clients, settings.live_clients_per_address),
            previews: Arc::new(Semaphore::new(usize::from(settings.previews))),
            draining: context.draining(),
            verifier: context.verifier.clone(),
        })
    }

    /// Creates the indexes of the live generation, which is the first one in a new database.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn ensure_indexes(self) -> Result<(), StoreError> {
        let live = self.store.meta.live_or_first().await?;
        // One of another release has its own indexes.
        if live.model_version == MODEL_VERSION {
            ensure_indexes(&self.store.generation(live.generation)).await?;
        }
        self.store.switch_to(live.generation);
        Ok(())
    }
}
