//! The read side of Inkstream, and the only one: one joined read model made of the event log, and its HTTP reads.
//!
//! It holds posts with rendered text, comments as threads, profiles, tags and counts. It never publishes a business
//! event, never writes anything but its own database, and never renders while somebody waits for a page. What it
//! holds can be thrown away at any time: the log makes it again (`query rebuild`).
//!
//! The way of an event: `runtime::bus` reads it, [`projection`] writes it, [`notes`] say so, [`cache`] drops what is
//! old, [`freshness`] wakes who waited for it, [`live`] tells browsers. The way of a read: [`http`], [`freshness`],
//! [`cache`], [`reads`], [`store`].

pub mod app;
pub mod cache;
pub mod changes;
pub mod commands;
pub mod config;
pub mod error;
pub mod freshness;
pub mod http;
pub mod live;
pub mod model;
pub mod notes;
pub mod projection;
pub mod reads;
pub mod render;
pub mod store;
pub mod words;

use axum::Router;
use runtime::service::{Platform, Service, StartError};

/// The service.
#[derive(Debug)]
pub struct Query;

impl Service for Query {
    const NAME: &'static str = "query";
    const ABOUT: &'static str = "Inkstream's read side: posts, threads, profiles, tags and live changes";

    type Settings = config::QuerySettings;
    type Command = commands::QueryCommand;

    async fn build(platform: &Platform, settings: Self::Settings) -> Result<Router, StartError> {
        app::build(platform, settings).await
    }

    /// It owns no aggregate, so there is nothing to say again.
    async fn resync(_platform: &Platform) -> Result<u64, StartError> {
        Ok(0)
    }

    async fn command(
        platform: &Platform,
        _settings: Self::Settings,
        command: Self::Command,
    ) -> Result<(), StartError> {
        commands::run(platform, command).await
    }
}
