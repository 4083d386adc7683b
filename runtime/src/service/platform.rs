//! What a service stands on: its connections, the identity of users, its tasks and its health.

use std::{fmt, sync::Arc, time::Duration};

use common::error::chain;
use mongodb::Database;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::StartError;
use crate::{
    auth::{Verifier, load_known_keys, watch_identity},
    bus::{Bus, BusSettings},
    config::{PlatformSettings, Secret},
    http::Health,
    relay::{Relay, RelayHandle},
    store::{self, StoreError},
};

/// How long [`Platform::bus_connected`] waits; commands need the bus, a running service does not.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// The pause between attempts to set up the database.
const SETUP_PAUSE: Duration = Duration::from_millis(500);

/// The connections, tasks and health of one service; cheap to clone.
#[derive(Clone)]
pub struct Platform {
    /// The service's name.
    pub service: &'static str,
    /// Its settings.
    pub settings: Arc<PlatformSettings>,
    database: Option<Database>,
    /// Its connection to the bus.
    pub bus: Bus,
    /// Checks session tokens.
    pub verifier: Verifier,
    /// What `/readyz` says.
    pub health: Health,
    pub(super) tasks: TaskTracker,
    pub(super) draining: CancellationToken,
    pub(super) stopping: CancellationToken,
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Platform")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Platform {
    /// Opens the connections of `service`. Neither server needs to be there yet.
    ///
    /// # Errors
    /// If an address, credential or key file cannot be.
    pub async fn open(service: &'static str, settings: PlatformSettings) -> Result<Self, StartError> {
        let database = match &settings.mongodb_uri {
            Some(uri) => Some(open_database(uri, &settings.mongodb_database, service).await?),
            None => None,
        };
        let bus = Bus::connect(&BusSettings::from(&settings), service)
            .await
            .map_err(|error| StartError::new("the bus cannot be used", error))?;
        let verifier = Verifier::new(settings.secure_cookies());
        load_known_keys(&verifier, &settings)
            .map_err(|error| StartError::new("the known keys cannot be read", error))?;
        let health = Health::new();
        if let Some(database) = &database {
            let checked = database.clone();
            health.register("database", move || {
                let database = checked.clone();
                async move { store::ping(&database).await }
            });
        }
        Ok(Self {
            service,
            settings: Arc::new(settings),
            database,
            bus,
            verifier,
            health,
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// Its own database.
    ///
    /// # Errors
    /// If it has none ([`Service::OWNS_DATABASE`](super::Service::OWNS_DATABASE)).
    pub fn database(&self) -> Result<&Database, StartError> {
        let none = || StartError::because(format!("{} has no database", self.service));
        self.database.as_ref().ok_or_else(none)
    }

    /// Ends when the service is about to stop: answers that stay open, such as live streams, end on it.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Starts a task that ends when its token is cancelled, which happens after the last request was answered.
    /// The service waits for it.
    pub fn spawn<F>(&self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let task = task(self.stopping.clone());
        self.tasks.spawn(async move {
            task.await;
            tracing::debug!(task = name, "ended");
        });
    }

    /// Starts the relay of the outboxes in `collections`; the stores of those aggregates take the handle.
    ///
    /// # Errors
    /// If it has no database.
    pub fn relay(&self, collections: &[&'static str]) -> Result<RelayHandle, StartError> {
        let (handle, relay) = Relay::new(self.database()?.clone(), collections, self.bus.clone());
        self.spawn("relay", |stop| relay.run(stop));
        Ok(handle)
    }

    /// Prepares the database (indexes above all) as soon as it is there, and again until it succeeds. The service
    /// is not ready before.
    pub fn spawn_setup<F>(&self, setup: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let (done, is_done) = watch::channel(false);
        self.health.register("setup", move || {
            let ready = *is_done.borrow();
            async move {
                if ready {
                    Ok(())
                } else {
                    Err("the database is not set up yet")
                }
            }
        });
        self.spawn("setup", |stop| async move {
            let mut told = false;
            while let Err(error) = setup().await {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(error = chain(&error), "the database cannot be set up yet");
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(SETUP_PAUSE) => {}
                }
            }
            done.send_replace(true);
            stop.cancelled().await;
        });
    }

    /// Follows keys and ended sessions on the bus.
    pub(super) fn watch_identity(&self) {
        let verifier = self.verifier.clone();
        let ready = verifier.clone();
        self.health.register("identity", move || {
            let checked = ready.check_ready();
            async move { checked }
        });
        let (jetstream, state_dir) = (self.bus.jetstream().clone(), self.settings.state_dir.clone());
        self.spawn("identity", |stop| {
            watch_identity(verifier, jetstream, state_dir, stop)
        });
    }

    /// Closes the connections to the database, so that the driver's own tasks do not outlive it: they would panic in
    /// the midst of the process's end.
    pub(super) async fn close(&self) {
        let Some(database) = &self.database else { return };
        let closing = database.client().clone().shutdown().immediate(true);
        let _ = tokio::time::timeout(Duration::from_secs(1), closing).await;
    }

    /// Waits for the bus, for commands that are useless without it.
    ///
    /// # Errors
    /// If it is not there within ten seconds.
    pub async fn bus_connected(&self) -> Result<(), StartError> {
        connected(&self.bus).await
    }
}

async fn open_database(uri: &Secret, name: &str, service: &str) -> Result<Database, StartError> {
    store::connect(uri.expose(), name, service)
        .await
        .map_err(|error| StartError::new("MONGODB_URI is not a MongoDB connection string", error))
}

/// [`Platform::bus_connected`] for a command that needs no more than the bus.
pub(super) async fn connected(bus: &Bus) -> Result<(), StartError> {
    let connected = async {
        while !bus.is_connected() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(CONNECT_PATIENCE, connected)
        .await
        .map_err(|error| StartError::new("the bus cannot be reached; is NATS_URL right?", error))
}
