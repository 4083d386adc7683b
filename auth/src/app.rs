//! The service put together: state, routes, tasks.

use std::sync::Arc;

use axum::{Router, extract::FromRef};
use runtime::{
    auth::Verifier,
    service::{Platform, StartError},
    store::Aggregate as _,
};

use crate::{
    commands::{Commands, Limits},
    config::AuthSettings,
    http,
    keyring::Keyring,
    passwords::Passwords,
    revocations::Revoker,
    store::{Follow, Stores, User},
};

/// What every handler may ask for.
#[derive(Debug, Clone, FromRef)]
pub struct AppState {
    /// Checks tokens.
    pub verifier: Verifier,
    /// Does what is asked.
    pub commands: Arc<Commands>,
    /// Shows the public keys.
    pub keyring: Arc<Keyring>,
}

/// Makes the state, starts the tasks and answers the routes. Needs neither database nor bus.
///
/// # Errors
/// If the secret that seals the signing keys is missing or no secret.
pub fn build(platform: &Platform, settings: &AuthSettings) -> Result<Router, StartError> {
    let sealer = settings.sealer()?;
    let passwords = Passwords::new().map_err(|error| StartError::new("passwords cannot be hashed", error))?;
    let relay = platform.relay(&[User::COLLECTION, Follow::COLLECTION])?;
    let stores = Stores::new(platform.database()?, relay);
    let prepared = stores.clone();
    platform.spawn_setup(move || {
        let stores = prepared.clone();
        async move { stores.ensure_indexes().await }
    });

    let (bus, verifier) = (platform.bus.clone(), platform.verifier.clone());
    let (revocations, revoker) = Revoker::new(stores.sessions.clone(), bus.clone(), verifier.clone());
    let keyring = Arc::new(Keyring::new(stores.keys.clone(), sealer, bus, verifier.clone()));
    let commands = Arc::new(Commands::new(
        stores,
        passwords,
        Arc::clone(&keyring),
        revocations,
        Limits::new(settings.signin_failures_per_address, settings.signups_per_address),
    ));
    platform.spawn("revocations", |stop| revoker.run(stop));
    let (reconciled, promising) = (Arc::clone(&keyring), Arc::clone(&commands));
    platform.spawn("keyring", |stop| reconciled.run(stop));
    platform.spawn(
        "promises",
        |stop| async move { promising.keep_promises(stop).await },
    );
    let signing = Arc::clone(&keyring);
    platform.health.register("signing-key", move || {
        let ready = signing
            .signing_key()
            .map(drop)
            .ok_or("there is no signing key yet");
        async move { ready }
    });

    let state = AppState {
        verifier,
        commands,
        keyring,
    };
    Ok(http::router().with_state(state))
}
