//! The auth service: accounts, sessions, follows and roles, under `/api/users`, and the only maker of tokens.
//!
//! It never tells anybody a password, an e-mail address or a session: events carry the public profile alone. Other
//! services check tokens by themselves, with the public keys and ended sessions that it puts on the bus, so they go
//! on while it is away; and it goes on while the bus is.

pub mod app;
pub mod commands;
pub mod config;
pub mod console;
pub mod domain;
pub mod error;
pub mod http;
pub mod keyring;
pub mod passwords;
pub mod revocations;
pub mod signing;
pub mod store;

use axum::Router;
use runtime::{
    relay::{Relay, RelayError, resync},
    service::{Platform, Service, StartError},
};

use config::AuthSettings;
use console::AuthCommand;
use store::Stores;

/// The service's name.
pub const NAME: &str = "auth";

/// The auth service.
#[derive(Debug, Clone, Copy)]
pub struct Auth;

impl Service for Auth {
    const NAME: &'static str = NAME;
    const ABOUT: &'static str = "Accounts, sessions, follows and roles; the only maker of tokens";
    type Settings = AuthSettings;
    type Command = AuthCommand;

    async fn build(platform: &Platform, settings: AuthSettings) -> Result<Router, StartError> {
        app::build(platform, &settings)
    }

    async fn resync(platform: &Platform) -> Result<u64, StartError> {
        let failed = |error: RelayError| StartError::new("not everything was published; run it again", error);
        // Nothing is committed here, so the relay of these stores need not run.
        let (relay, _idle) = Relay::new(platform.database()?.clone(), &[], platform.bus.clone());
        let stores = Stores::new(platform.database()?, relay);
        let users = resync(&stores.users.aggregates, &platform.bus)
            .await
            .map_err(failed)?;
        let follows = resync(&stores.follows.aggregates, &platform.bus)
            .await
            .map_err(failed)?;
        Ok(users + follows)
    }

    async fn command(
        platform: &Platform,
        settings: AuthSettings,
        command: AuthCommand,
    ) -> Result<(), StartError> {
        console::run(platform, &settings, command).await
    }
}
