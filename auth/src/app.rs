//! The service put together: state, routes, tasks.

use std::sync::Arc;

use axum::{Router, extract::FromRef};
use common::{
    auth::Verifier,
    service::{Platform, StartError},
    store::{Aggregate as _, StoreError},
};

use crate::{
    NAME,
    commands::{Commands, Limits},
    config::AuthSettings,
    http,
    keyring::Keyring,
    passwords::Passwords,
    revocations::Revoker,
    store::{Follow, Follows, Sessions, SigningKeys, Throttles, User, Users},
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
    let database = &platform.database;
    let relay = platform.relay(&[User::COLLECTION, Follow::COLLECTION]);
    let users = Users::new(database, NAME, relay.clone());
    let follows = Follows::new(database, NAME, relay);
    let (sessions, throttles) = (Sessions::new(database), Throttles::new(database));
    let keys = SigningKeys::new(database);
    set_up(platform, &users, &follows, &sessions, &throttles, &keys);

    let (bus, verifier) = (platform.bus.clone(), platform.verifier.clone());
    let (revocations, revoker) = Revoker::new(sessions.clone(), bus.clone(), verifier.clone());
    let keyring = Arc::new(Keyring::new(keys, sealer, bus, verifier.clone()));
    let commands = Arc::new(Commands::new(
        users,
        follows,
        sessions,
        throttles,
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

fn set_up(
    platform: &Platform,
    users: &Users,
    follows: &Follows,
    sessions: &Sessions,
    throttles: &Throttles,
    keys: &SigningKeys,
) {
    let stores = (
        users.clone(),
        follows.clone(),
        sessions.clone(),
        throttles.clone(),
        keys.clone(),
    );
    platform.spawn_setup(move || {
        let (users, follows, sessions, throttles, keys) = stores.clone();
        async move {
            users.ensure_indexes().await?;
            follows.ensure_indexes().await?;
            sessions.ensure_indexes().await?;
            throttles.ensure_indexes().await?;
            keys.ensure_indexes().await?;
            Ok::<_, StoreError>(())
        }
    });
}
