//! The state that handlers and tasks share.

use std::sync::Arc;

use axum::extract::FromRef;
use runtime::{
    auth::Verifier,
    service::{ServiceContext, StartError},
};

use crate::{
    commands::Commands, config::AuthSettings, domain::throttle::Limits, keyring::Keyring,
    passwords::Passwords, revocations::Revocations, store::Stores,
};

/// The state of the service; cheap to clone.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    pub verifier: Verifier,
    pub commands: Arc<Commands>,
    pub keyring: Arc<Keyring>,
    pub revocations: Arc<Revocations>,
    pub stores: Stores,
}

impl AppState {
    /// Needs neither the database nor the bus.
    ///
    /// # Errors
    /// If the secret that seals the signing keys is missing or invalid.
    pub fn new(context: &ServiceContext, settings: AuthSettings) -> Result<Self, StartError> {
        let sealer = settings.sealer()?;
        let passwords =
            Passwords::new().map_err(|error| StartError::new("passwords cannot be hashed", error))?;
        let stores = Stores::new(context.storage()?);
        let (bus, verifier) = (&context.bus, &context.verifier);
        let revocations = Revocations::new(stores.sessions.clone(), bus.clone(), verifier.clone());
        let keyring = Keyring::new(stores.keys.clone(), sealer, bus.clone(), verifier.clone());
        let (revocations, keyring) = (Arc::new(revocations), Arc::new(keyring));
        let limits = Limits::new(settings.signin_failures_per_address, settings.signups_per_address);
        let commands = Commands::new(
            stores.clone(),
            passwords,
            Arc::clone(&keyring),
            Arc::clone(&revocations),
            limits,
        );
        Ok(Self {
            verifier: verifier.clone(),
            commands: Arc::new(commands),
            keyring,
            revocations,
            stores,
        })
    }
}
