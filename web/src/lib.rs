//! The pages of Inkstream: complete without JavaScript, made on the server out of what the other services answer.
//!
//! It asks them over HTTP as any client would, with the visitor's own cookies, and holds no data: no database, no
//! durable consumer, nothing that a restart loses. On the bus it only watches the public keys and the ended sessions,
//! so that the header knows who is signed in while `auth` is away.
//!
//! The way of a request: [`dress`] (outermost: security headers, error pages), the layers of every service
//! ([`runtime::http::layers`]), [`pages`], [`api`], a template, [`document`].

pub mod api;
pub mod app;
pub mod assets;
pub mod cache;
pub mod config;
pub mod difference;
pub mod document;
pub mod dress;
pub mod encoding;
pub mod excerpt;
pub mod failure;
pub mod feeds;
pub mod filters;
pub mod forms;
pub mod machines;
pub mod page;
pub mod pages;
pub mod reasons;
pub mod security;
pub mod sitemap;
pub mod theme;
pub mod visit;

use runtime::service::Service;

use crate::{app::App, config::WebSettings};

/// The service.
pub fn service() -> Service<App, WebSettings> {
    Service::new("web", "Inkstream's pages, rendered on the server", App::new)
        .task("live", App::follow_changes)
        .routes(app::routes)
        // What the middleware itself responds (too many requests, a panic) is to be a page with all headers, too.
        .outermost(app::outermost)
}
