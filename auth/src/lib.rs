//! The auth service: accounts, sessions, follows and roles, under `/api/users`. The only service that issues tokens.
//!
//! Passwords, e-mail addresses and sessions are never in an event: events carry the public profile only. Other services
//! verify tokens with the public keys and ended sessions that this service publishes to the bus, so they work while it is
//! unavailable; and it works while the bus is unavailable.

pub mod admin_cli;
pub mod commands;
pub mod config;
pub mod domain;
pub mod error;
pub mod http;
pub mod keyring;
pub mod passwords;
pub mod revocations;
pub mod signing;
pub mod state;
pub mod store;

use runtime::service::Service;

use crate::{
    admin_cli::AuthCommand,
    config::AuthSettings,
    state::AppState,
    store::{Follow, User},
};

/// The service's name: in events, in consumers, of its database.
pub const NAME: &str = "auth";

/// The service.
pub fn service() -> Service<AppState, AuthSettings, AuthCommand> {
    let about = "Accounts, sessions, follows and roles; the only service that issues tokens";
    Service::new(NAME, about, AppState::new)
        .aggregate::<User>()
        .aggregate::<Follow>()
        .setup(|state: AppState| async move { state.stores.ensure_indexes().await })
        .task("revocations", |state: AppState, stop| state.revocations.run(stop))
        .task("keyring", |state: AppState, stop| state.keyring.run(stop))
        .task("cleanup", |state: AppState, stop| {
            state.commands.run_cleanup(stop)
        })
        .check("signing-key", |state: &AppState| state.keyring.check())
        .command(admin_cli::run)
        .routes(http::routes)
}
