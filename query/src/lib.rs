//! The read side of Inkstream, and the only one: one joined read model made of the event log, and its HTTP reads.
//!
//! It holds posts with rendered text, comments as threads, profiles, tags and counts. It never publishes a business
//! event, never writes anything but its own database, and never renders while somebody waits for a page. What it
//! holds can be thrown away at any time: the log makes it again (`query rebuild`).
//!
//! The way of an event: `runtime::bus` reads it, [`projection`] writes it, [`notes`] say so, [`cache`] drops what is
//! old, [`freshness`] wakes who waited for it, [`live`] tells browsers. The way of a read: [`http`], [`freshness`],
//! [`cache`], [`reads`], [`store`].

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
pub mod state;
pub mod store;
pub mod words;

use runtime::service::Service;

use crate::{commands::QueryCommand, config::QuerySettings, state::AppState};

/// The service.
pub fn service() -> Service<AppState, QuerySettings, QueryCommand> {
    Service::new(
        "query",
        "Inkstream's read side: posts, threads, profiles, tags and live changes",
        AppState::new,
    )
    .database()
    .setup(AppState::set_up)
    .task("keeper", |state: AppState, stop| async move {
        state.keeper.run(stop).await
    })
    .task("notes", |state: AppState, stop| {
        state.hub.listen(state.store, stop)
    })
    .command(commands::run)
    .routes(http::routes)
}
