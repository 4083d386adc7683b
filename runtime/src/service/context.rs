//! What a service stands on: its connections, the identity of users, its tasks and its health.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use common::error::chain;
use mongodb::Database;
use tokio::sync::{Mutex, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{StartError, supervisor::supervise};
use crate::{
    auth::{Verifier, load_known_keys, watch_identity},
    bus::{Bus, BusSettings},
    config::PlatformSettings,
    http::Health,
    relay::{Relay, RelayError},
    store::{self, DeletedUsers, Storage, StoreError},
};

/// How long [`ServiceContext::bus_connected`] waits; commands need the bus, a running service does not.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between attempts to set up the database.
const SETUP_PAUSE: Duration = Duration::from_millis(500);
/// Longer than a request can still be in progress after its time limit.
const REQUEST_GRACE: Duration = Duration::from_secs(60);

/// What a service declares about itself that its connections depend on.
#[derive(Debug)]
pub(super) struct Needs {
    pub(super) service: &'static str,
    pub(super) database: bool,
    /// The collections with an outbox.
    pub(super) collections: Vec<&'static str>,
    /// Whether it removes what belongs to deleted users.
    pub(super) deleted_users: bool,
}

/// The connections, tasks and health of one service; cheap to clone.
#[derive(Clone)]
pub struct ServiceContext {
    /// The service's name.
    pub service: &'static str,
    /// Its settings.
    pub settings: Arc<PlatformSettings>,
    /// Its connection to the bus.
    pub bus: Bus,
    /// Verifies session tokens.
    pub verifier: Verifier,
    /// What `/readyz` reports.
    pub health: Health,
    storage: Option<Storage>,
    relay: Option<Arc<Mutex<Relay>>>,
    pub(super) tasks: TaskTracker,
    pub(super) draining: CancellationToken,
    pub(super) stopping: CancellationToken,
    pub(super) failure: Failure,
}

/// Why the process has to end, if a background task keeps dying.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure {
    error: Arc<OnceLock<StartError>>,
    /// Cancelled once there is an error.
    pub(super) happened: CancellationToken,
}

impl Failure {
    fn report(&self, error: StartError) {
        // The first one is the cause; later ones follow from it.
        let _ = self.error.set(error);
        self.happened.cancel();
    }

    /// The error, once every task has ended.
    pub(super) fn into_result(self) -> Result<(), StartError> {
        match self.error.get() {
            Some(error) => Err(StartError::because(chain(error))),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ServiceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceContext")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl ServiceContext {
    /// Opens the connections. Neither server needs to be available yet.
    pub(super) async fn open(needs: Needs, settings: PlatformSettings) -> Result<Self, StartError> {
        let service = needs.service;
        let bus = Bus::connect(&BusSettings::from(&settings), service)
            .await
            .map_err(|error| StartError::new("the bus cannot be used", error))?;
        let verifier = Verifier::new(settings.secure_cookies());
        load_known_keys(&verifier, &settings)
            .map_err(|error| StartError::new("the known keys cannot be read", error))?;
        let health = Health::new();
        let connection = bus.clone();
        health.depends_on("bus", move || {
            let connected = connection.is_connected();
            async move { connected.then_some(()).ok_or("not connected") }
        });
        let (mut storage, mut relay) = (None, None);
        if let Some(uri) = settings.mongodb_uri.as_ref().filter(|_| needs.database) {
            let database = store::connect(uri.expose(), &settings.mongodb_database, service)
                .await
                .map_err(|error| StartError::new("MONGODB_URI is not a MongoDB connection string", error))?;
            let checked = database.clone();
            health.depends_on("database", move || {
                let database = checked.clone();
                async move { store::ping(&database).await }
            });
            let (handle, its_relay) = Relay::new(database.clone(), &needs.collections, bus.clone());
            if !needs.collections.is_empty() {
                let watched = handle.clone();
                health.show("relay", move || watched.status().check());
            }
            let grace = settings.request_timeout + REQUEST_GRACE;
            let deleted_users = needs.deleted_users.then(|| DeletedUsers::new(&database, grace));
            storage = Some(Storage::new(database, service, handle, deleted_users));
            relay = (!needs.collections.is_empty()).then(|| Arc::new(Mutex::new(its_relay)));
        }
        Ok(Self {
            service,
            settings: Arc::new(settings),
            bus,
            verifier,
            health,
            storage,
            relay,
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            stopping: CancellationToken::new(),
            failure: Failure::default(),
        })
    }

    /// Its storage: the aggregates and the collections of its own database.
    ///
    /// # Errors
    /// If it declares neither an aggregate nor a database.
    pub fn storage(&self) -> Result<&Storage, StartError> {
        let none = || StartError::because(format!("{} has no database", self.service));
        self.storage.as_ref().ok_or_else(none)
    }

    /// Its own database.
    ///
    /// # Errors
    /// As [`storage`](Self::storage).
    pub fn database(&self) -> Result<&Database, StartError> {
        self.storage().map(Storage::database)
    }

    /// Cancelled when the service is about to stop: long responses, such as live streams, end on it.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Starts a background task. Its token is cancelled after the last response, and the service waits for it. A task
    /// that dies is restarted; one that keeps dying ends the process.
    pub fn spawn<F>(&self, name: &'static str, task: impl Fn(CancellationToken) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, failure) = (self.stopping.clone(), self.failure.clone());
        self.tasks.spawn(async move {
            match supervise(name, &stop, || task(stop.clone())).await {
                Ok(()) => tracing::debug!(task = name, "ended"),
                Err(error) => failure.report(error),
            }
        });
    }

    /// How many background tasks run.
    pub fn background_tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Starts the relay of its outboxes, if it has any.
    pub(super) fn spawn_relay(&self) {
        if let Some(relay) = self.relay.clone() {
            self.spawn("relay", move |stop| {
                let relay = Arc::clone(&relay);
                async move { relay.lock().await.run(stop).await }
            });
        }
    }

    /// Publishes what waits in the outboxes, for operator commands, unless the relay of a running service does.
    ///
    /// # Errors
    /// If the database or the bus is unavailable. A running service publishes it later.
    pub async fn publish_pending(&self) -> Result<(), RelayError> {
        match self.relay.as_ref().map(|relay| relay.try_lock()) {
            Some(Ok(mut relay)) => relay.relay_once(Duration::ZERO).await.map(drop),
            // A running relay is notified of every commit.
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// Prepares the database as soon as it is available, and retries until that succeeds. The service is not ready
    /// before.
    pub(super) fn spawn_setup<F>(&self, setup: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let (done, is_done) = watch::channel(false);
        self.health.register("setup", move || {
            let ready = *is_done.borrow();
            async move { ready.then_some(()).ok_or("the database is not set up yet") }
        });
        let (setup, done) = (Arc::new(setup), Arc::new(done));
        self.spawn("setup", move |stop| {
            let (setup, done) = (Arc::clone(&setup), Arc::clone(&done));
            async move {
                let mut warned = false;
                while let Err(error) = setup().await {
                    if !std::mem::replace(&mut warned, true) {
                        tracing::warn!(error = chain(&error), "the database cannot be set up yet");
                    }
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(SETUP_PAUSE) => {}
                    }
                }
                done.send_replace(true);
                stop.cancelled().await;
            }
        });
    }

    /// Follows the public keys and revoked sessions on the bus.
    pub(super) fn watch_identity(&self) {
        let ready = self.verifier.clone();
        self.health.register("identity", move || {
            let checked = ready.check_ready();
            async move { checked }
        });
        let context = self.clone();
        self.spawn("identity", move |stop| {
            watch_identity(
                context.verifier.clone(),
                context.bus.jetstream().clone(),
                context.settings.state_dir.clone(),
                stop,
            )
        });
    }

    /// Closes the connections to the database, so that the driver's own tasks do not outlive it: they would panic while
    /// the process ends.
    pub(super) async fn close(&self) {
        let Some(storage) = &self.storage else { return };
        let closing = storage.database().client().clone().shutdown().immediate(true);
        let _ = tokio::time::timeout(Duration::from_secs(1), closing).await;
    }

    /// Waits for the bus, for commands that are useless without it.
    ///
    /// # Errors
    /// If it is not connected within ten seconds.
    pub async fn bus_connected(&self) -> Result<(), StartError> {
        connected(&self.bus).await
    }
}

/// [`ServiceContext::bus_connected`] for a command that needs no more than the bus.
pub(super) async fn connected(bus: &Bus) -> Result<(), StartError> {
    let connected = async {
        while !bus.is_connected() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connected)
        .await
        .map_err(|error| StartError::new("the bus cannot be reached; is NATS_URL right?", error))
}
