//! What handlers and tasks share.

use std::sync::Arc;

use axum::extract::FromRef;
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
};
use tokio::sync::Mutex;

use crate::{
    commands::{Commands, Limits},
    config::AuthSettings,
    keyring::Keyring,
    passwords::Passwords,
    revocations::Revoker,
    store::Stores,
};

/// The state of the service; cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    pub verifier: Verifier,
    pub commands: Arc<Commands>,
    pub keyring: Arc<Keyring>,
    /// Publishes ended sessions; one task at a time runs it.
    pub revoker: Arc<Mutex<Revoker>>,
}

impl AppState {
    /// # Errors
    /// If there is no database, or the secret that seals the signing keys is missing or invalid.
    pub fn new(context: &ServiceContext, settings: AuthSettings) -> Result<Self, StartError> {
        let sealer = settings.sealer()?;
        let passwords =
            Passwords::new().map_err(|error| StartError::new("passwords cannot be hashed", error))?;
        let stores = Stores::new(context.storage()?);
        let (bus, verifier) = (context.bus.clone(), context.verifier.clone());
        let (revocations, revoker) = Revoker::new(stores.sessions.clone(), bus.clone(), verifier.clone());
        let keyring = Arc::new(Keyring::new(stores.keys.clone(), sealer, bus, verifier.clone()));
        let limits = Limits::new(settings.signin_failures_per_address, settings.signups_per_address);
        Ok(Self {
            commands: Arc::new(Commands::new(
                stores,
                passwords,
                Arc::clone(&keyring),
                revocations,
                limits,
            )),
            verifier,
            keyring,
            revoker: Arc::new(Mutex::new(revoker)),
        })
    }
}
