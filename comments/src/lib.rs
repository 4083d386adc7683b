//! Comments on posts, in threads: who wrote what, and which text of it readers may see.
//!
//! It keeps a replica of posts, made of their events, to know what may be commented on. It never serves the
//! comments of a post (readers get them from `query`), never renders Markdown and never asks another service.

pub mod app;
pub mod arrivals;
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
pub const SERVICE: &str = "comments";

/// The service.
#[derive(Debug)]
pub struct Comments;

impl Service for Comments {
    const NAME: &'static str = SERVICE;
    const ABOUT: &'static str = "Comments on posts, in threads";

    type Settings = config::CommentsSettings;
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
