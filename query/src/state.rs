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
    cache::{Answers, LIFETIME},
    changes::Changes,
    config::QuerySettings,
    freshness::Waiter,
    live::Hub,
    projection::{Keeper, KeeperSettings},
    reads::Reads,
    store::{Store, ensure_indexes},
};

/// The state of the service; cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    pub store: Store,
    pub keeper: Arc<Keeper>,
    pub reads: Reads,
    pub answers: Answers,
    pub waiter: Waiter,
    pub hub: Hub,
    pub live_clients: Arc<Semaphore>,
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
    /// If there is no database.
    pub fn new(context: &ServiceContext, settings: QuerySettings) -> Result<Self, StartError> {
        let store = Store::new(context.database()?);
        let changes = Arc::new(Changes::new(LIFETIME));
        let replica = uuid::Uuid::now_v7().simple().to_string();
        let hub = Hub::new(&context.bus, replica, changes.clone());
        let keeper = Keeper::new(&store, &context.bus, &hub, keeper_settings(&settings));
        Ok(Self {
            keeper: Arc::new(keeper),
            reads: Reads::new(&store),
            answers: Answers::new(settings.cache_mb * 1024 * 1024, changes),
            waiter: Waiter::new(&store, &hub),
            store,
            hub,
            live_clients: Arc::new(Semaphore::new(settings.live_clients.min(Semaphore::MAX_PERMITS))),
            previews: Arc::new(Semaphore::new(usize::from(settings.previews))),
            draining: context.draining(),
            verifier: context.verifier.clone(),
        })
    }

    /// Creates the first generation of the read model, if there is none, and its indexes.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn set_up(self) -> Result<(), StoreError> {
        let live = self.store.meta.live_or_first().await?;
        ensure_indexes(&self.store.generation(live.generation)).await?;
        self.store.switch_to(live.generation);
        Ok(())
    }
}

fn keeper_settings(settings: &QuerySettings) -> KeeperSettings {
    KeeperSettings {
        lease: Duration::from_secs(settings.lease),
        grace: Duration::from_secs(settings.grace),
        poll: Duration::from_secs(1),
    }
}
