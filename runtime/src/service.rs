//! What every service is: settings, connections, tasks, a router, and the same command line around them.
//!
//! A service implements [`Service`]; its `main` calls [`main`]. Nothing here knows a particular service.

mod cli;
mod platform;
mod resync;
mod start;

use std::error::Error;

use axum::Router;
use clap::{Args, Subcommand};
pub use cli::main;
pub use platform::Platform;
pub use start::Started;

/// One of the platform's services.
pub trait Service: Send + 'static {
    /// Its name: of its binary, database, bus user and consumers.
    const NAME: &'static str;
    /// One line for `--help`.
    const ABOUT: &'static str;

    /// Whether it verifies tokens, and so is not ready before it knows a key.
    const VERIFIES_USERS: bool = true;

    /// Whether it owns a database. One that does not has none to resync either, and is given none.
    const OWNS_DATABASE: bool = true;

    /// Whether [`build`](Self::build) puts [`http::layers`](crate::http::layers) around its routes by itself, because
    /// something of its own must stand outside of them.
    const BRINGS_LAYERS: bool = false;

    /// Settings of its own, beside those that every service has.
    type Settings: Args + Clone + Send;

    /// Operators' commands of its own; [`NoCommand`] if there are none.
    type Command: Subcommand + Send;

    /// Makes its state, starts its tasks and answers its routes.
    ///
    /// Must not need the database or the bus: a service starts while they are away.
    fn build(
        platform: &Platform,
        settings: Self::Settings,
    ) -> impl Future<Output = Result<Router, StartError>> + Send;

    /// Publishes the present state of each of its aggregates again and answers how many there were.
    fn resync(platform: &Platform) -> impl Future<Output = Result<u64, StartError>> + Send;

    /// Does one of its own commands.
    fn command(
        platform: &Platform,
        settings: Self::Settings,
        command: Self::Command,
    ) -> impl Future<Output = Result<(), StartError>> + Send;
}

/// No commands of its own.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum NoCommand {}

/// Why a service or a command of it ended: what failed, in words for the operator, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StartError {
    what: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StartError {
    /// `what` failed because of `source`.
    pub fn new(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: what.into(),
            source: Some(source.into()),
        }
    }

    /// `what` failed; it says all there is to say.
    pub fn because(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }
}
