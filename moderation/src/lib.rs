//! Moderation: judges comments before they are seen and posts after, by rules and by people.
//!
//! It consumes comments and posts from the log and says verdicts; their owners do with them what follows. It never
//! changes what it judges, never tells a text to anybody but moderators, and asks no other service.

pub mod app;
pub mod commands;
pub mod config;
pub mod consumers;
pub mod domain;
pub mod error;
pub mod http;
pub mod store;

use axum::Router;
use runtime::service::{NoCommand, Platform, Service, StartError};

/// The service's name: in events, in consumers, of its database.
pub const SERVICE: &str = "moderation";

/// The service.
#[derive(Debug)]
pub struct Moderation;

impl Service for Moderation {
    const NAME: &'static str = SERVICE;
    const ABOUT: &'static str = "Verdicts on comments and posts, by rules and by people";

    type Settings = config::ModerationSettings;
    type Command = NoCommand;

    async fn build(platform: &Platform, settings: Self::Settings) -> Result<Router, StartError> {
        app::build(platform, &settings)
    }

    async fn resync(platform: &Platform) -> Result<u64, StartError> {
        app::resync(platform).await
    }

    async fn command(_: &Platform, _: Self::Settings, command: NoCommand) -> Result<(), StartError> {
        match command {}
    }
}
