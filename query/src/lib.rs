//! The read side of Inkstream: a joined read model, built from the event log, and its HTTP API.
//!
//! It stores posts with rendered text, comments as threads, profiles, tags and counters. It publishes no business
//! events, writes only its own database, and renders when events arrive, never while a client waits. The read model can
//! be dropped at any time: the log contains everything to rebuild it (`query rebuild`).
//!
//! The path of an event: the [`projection`] applies it, the [`hub`] distributes a [change note](changes), the [`cache`]
//! drops stale responses, requests that wait for it continue ([`freshness`]), and live streams report it.
//! The path of a read: [`http`], [`freshness`], [`cache`], [`reads`], [`store`].

pub mod admin_cli;
pub mod cache;
pub mod changes;
pub mod config;
pub mod error;
pub mod freshness;
pub mod http;
pub mod hub;
pub mod invalidation;
pub mod live_limits;
pub mod model;
pub mod projection;
pub mod reads;
pub mod render;
pub mod search_words;
pub mod state;
pub mod store;

use runtime::service::Service;

use crate::{admin_cli::QueryCommand, config::QuerySettings, state::AppState};

/// The service's name: among projections, of its database.
pub const NAME: &str = "query";

/// The declaration of the service.
pub fn service() -> Service<AppState, QuerySettings, QueryCommand> {
    Service::new(
        NAME,
        "Inkstream's read side: posts, threads, profiles, tags, live changes",
        AppState::new,
    )
    .database()
    .setup(AppState::ensure_indexes)
    .task("projection", |state, stop| async move {
        state.leader.run(&stop).await
    })
    .task("change notes", |state, stop| async move {
        state.hub.run(&state.store, &stop).await
    })
    .command(admin_cli::run)
    .routes(http::routes)
}
