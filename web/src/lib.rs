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

use axum::Router;
use runtime::service::{NoCommand, Platform, Service, StartError};

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct Web;

impl Service for Web {
    const NAME: &'static str = "web";
    const ABOUT: &'static str = "Inkstream's pages, made on the server";

    const OWNS_DATABASE: bool = false;
    // What the layers themselves answer (too many requests, a panic) is to be a page with all headers, too.
    const BRINGS_LAYERS: bool = true;

    type Settings = config::WebSettings;
    type Command = NoCommand;

    async fn build(platform: &Platform, settings: Self::Settings) -> Result<Router, StartError> {
        app::build(platform, &settings)
    }

    /// It owns no aggregate, so there is nothing to say again.
    async fn resync(_: &Platform) -> Result<u64, StartError> {
        Ok(0)
    }

    async fn command(_: &Platform, _: Self::Settings, command: NoCommand) -> Result<(), StartError> {
        match command {}
    }
}
