//! The pages of Inkstream, rendered on the server and complete without JavaScript.
//!
//! Pages are made from the HTTP APIs of the other services, which are called like by any client, with the visitor's own
//! cookies. The service stores nothing: it has no database and no durable consumer. On the bus it only watches public
//! keys and revoked sessions, so that it recognises signed-in users while `auth` is unavailable.
//!
//! A request passes the [outermost layer](middleware::finalize), the middleware of every service, the
//! [page cache](middleware::page_cache) and a handler in [`pages`], which calls the services with [`api`] and renders a
//! template.

pub mod api;
pub mod assets;
pub mod cache;
pub mod config;
pub mod diff;
pub mod document;
pub mod encoding;
pub mod error;
pub mod excerpt;
pub mod feeds;
pub mod filters;
pub mod forms;
pub mod links;
pub mod middleware;
pub mod page;
pub mod pages;
pub mod preview;
pub mod redirect;
pub mod request;
pub mod review;
pub mod router;
pub mod sitemap;
pub mod state;
pub mod theme;
pub mod url;
pub mod well_known;

use runtime::service::Service;

use crate::{config::WebSettings, state::AppState};

/// The service.
pub fn service() -> Service<AppState, WebSettings> {
    Service::new("web", "Inkstream's pages, rendered on the server", AppState::new)
        .task("live", AppState::follow_changes)
        .routes(router::routes)
        .outermost(router::outermost)
}
