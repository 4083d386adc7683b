//! The auth service: accounts, sessions, follows and roles, under `/api/users`, and the only maker of tokens.
//!
//! It never tells anybody a password, an e-mail address or a session: events carry the public profile alone. Other
//! services check tokens by themselves, with the public keys and ended sessions that it puts on the bus, so they go
//! on while it is away; and it goes on while the bus is.

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
pub mod state;
pub mod store;

use runtime::service::Service;

use crate::{
    config::AuthSettings,
    console::AuthCommand,
    state::AppState,
    store::{Follow, User},
};

/// The service's name.
pub const NAME: &str = "auth";

/// The service.
pub fn service() -> Service<AppState, AuthSettings, AuthCommand> {
    Service::new(
        NAME,
        "Accounts, sessions, follows and roles; the only service that issues tokens",
        AppState::new,
    )
    .aggregate::<User>()
    .aggregate::<Follow>()
    .setup(|state: AppState| async move { state.commands.stores.ensure_indexes().await })
    .check("signing-key", |state: &AppState| {
        let key = state.keyring.signing_key();
        key.map(drop)
            .ok_or_else(|| "there is no signing key yet".to_owned())
    })
    .task("revocations", |state: AppState, stop| async move {
        state.revoker.lock().await.run(stop).await;
    })
    .task("keyring", |state: AppState, stop| state.keyring.run(stop))
    .task("promises", |state: AppState, stop| async move {
        state.commands.keep_promises(stop).await;
    })
    .command(console::run)
    .routes(http::routes)
}
