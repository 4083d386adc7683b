//! The write side of posts: drafts, publication now or at a planned time, revisions, slugs, tags and reactions.
//!
//! It serves authors the sources of their own posts. It never serves readers, who read from `query`, never renders
//! Markdown, and never puts a draft's text into the log.

pub mod app;
pub mod commands;
pub mod config;
pub mod consumers;
pub mod domain;
mod error;
pub mod http;
pub mod scheduler;
pub mod store;

use axum::Router;
use runtime::{
    relay::{Relay, resync},
    service::{NoCommand, Platform, Service, StartError},
};

use crate::{
    commands::{COLLECTIONS, Commands},
    config::PostsSettings,
};

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct Posts;

impl Service for Posts {
    const NAME: &'static str = store::SERVICE;
    const ABOUT: &'static str =
        "Authors' posts: drafts, publication, scheduling, revisions, slugs, reactions";
    type Settings = PostsSettings;
    type Command = NoCommand;

    async fn build(platform: &Platform, settings: PostsSettings) -> Result<Router, StartError> {
        app::build(platform, &settings)
    }

    async fn resync(platform: &Platform) -> Result<u64, StartError> {
        // A handle whose relay never runs: the running service empties the outboxes.
        let (relay, _) = Relay::new(platform.database()?.clone(), COLLECTIONS, platform.bus.clone());
        let commands = Commands::new(platform.database()?, relay, &PostsSettings::default());
        let failed = |error| StartError::new("the events cannot be published", error);
        let posts = resync(commands.posts.aggregates(), &platform.bus)
            .await
            .map_err(failed)?;
        let reactions = resync(commands.reactions.aggregates(), &platform.bus)
            .await
            .map_err(failed)?;
        Ok(posts + reactions)
    }

    async fn command(_: &Platform, _: PostsSettings, command: NoCommand) -> Result<(), StartError> {
        match command {}
    }
}
