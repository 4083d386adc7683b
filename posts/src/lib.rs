//! The write side of posts: drafts, publication now or at a planned time, revisions, slugs, tags and reactions.
//!
//! It serves authors the sources of their own posts. It never serves readers, who read from `query`, never renders
//! Markdown, and never puts a draft's text into the log.

pub mod commands;
pub mod config;
pub mod consumers;
pub mod domain;
mod error;
pub mod http;
pub mod scheduler;
pub mod state;
pub mod store;

use common::event::topology::{POSTS_USERS, POSTS_VERDICTS};
use runtime::service::Service;

use crate::{
    config::PostsSettings,
    domain::{post::Post, reaction::Reaction},
    state::AppState,
};

/// The service.
pub fn service() -> Service<AppState, PostsSettings> {
    Service::new(
        store::SERVICE,
        "Authors' posts: drafts, publication, scheduling, revisions, slugs, reactions",
        AppState::new,
    )
    .aggregate::<Post>()
    .aggregate::<Reaction>()
    .setup(|state: AppState| async move { state.commands.prepare().await })
    .consumer(POSTS_VERDICTS, consumers::on_verdict)
    .on_user_deleted(POSTS_USERS, consumers::on_user_deleted)
    .task("scheduler", |state: AppState, stop| {
        scheduler::run(state.commands, stop)
    })
    .task("sweep", |state: AppState, stop| {
        scheduler::sweep(state.commands, stop)
    })
    .routes(http::routes)
}
