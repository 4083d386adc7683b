//! State, router and tasks.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::FromRef};
use runtime::{
    auth::Verifier,
    service::{Platform, StartError},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    cache::{Answers, LIFETIME},
    changes::Changes,
    config::QuerySettings,
    freshness::Waiter,
    http,
    live::Hub,
    projection::{Keeper, KeeperSettings},
    reads::Reads,
    store::{Store, ensure_indexes},
};

/// What handlers share.
#[derive(Debug, Clone)]
pub struct App {
    pub reads: Reads,
    pub answers: Answers,
    pub waiter: Waiter,
    pub hub: Hub,
    pub live_clients: Arc<Semaphore>,
    pub previews: Arc<Semaphore>,
    pub draining: CancellationToken,
    pub verifier: Verifier,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

/// Makes the service on `platform`: its routes, and its part in keeping the read model.
///
/// # Errors
/// None so far; a service starts while its servers are away.
pub async fn build(platform: &Platform, settings: QuerySettings) -> Result<Router, StartError> {
    let store = Store::new(platform.database()?);
    let changes = Arc::new(Changes::new(LIFETIME));
    let replica = uuid::Uuid::now_v7().simple().to_string();
    let hub = Hub::new(&platform.bus, replica, changes.clone());

    let prepared = store.clone();
    platform.spawn_setup(move || {
        let store = prepared.clone();
        async move {
            let live = store.meta.live_or_first().await?;
            ensure_indexes(&store.generation(live.generation)).await?;
            store.switch_to(live.generation);
            Ok(())
        }
    });
    let keeper = Keeper::new(&store, &platform.bus, &hub, keeper_settings(&settings));
    platform.spawn("keeper", |stop| keeper.run(stop));
    platform.spawn("notes", |stop| hub.clone().listen(store.clone(), stop));

    let app = App {
        reads: Reads::new(&store),
        answers: Answers::new(settings.cache_mb * 1024 * 1024, changes),
        waiter: Waiter::new(&store, &hub),
        hub,
        live_clients: Arc::new(Semaphore::new(settings.live_clients.min(Semaphore::MAX_PERMITS))),
        previews: Arc::new(Semaphore::new(usize::from(settings.previews))),
        draining: platform.draining(),
        verifier: platform.verifier.clone(),
    };
    Ok(http::router(app))
}

fn keeper_settings(settings: &QuerySettings) -> KeeperSettings {
    KeeperSettings {
        lease: Duration::from_secs(settings.lease),
        grace: Duration::from_secs(settings.grace),
        poll: Duration::from_secs(1),
    }
}
