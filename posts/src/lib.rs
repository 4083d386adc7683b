//! The write side of posts: drafts, publication now or at a scheduled time, revisions, slugs, tags and reactions.
//!
//! It serves the sources of posts to their authors. It never serves readers, who read from `query`, never renders
//! Markdown, and never publishes the text of a draft in an event.

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

use crate::{config::PostsSettings, domain::post::Post, state::AppState, store::Reaction};

/// The service's name: in events, in consumers, of its database.
pub const NAME: &str = "posts";

/// The service.
pub fn service() -> Service<AppState, PostsSettings> {
    let about = "Authors' posts: drafts, publication, scheduling, revisions, slugs, reactions";
    Service::new(NAME, about, AppState::new)
        .aggregate::<Post>()
        .aggregate::<Reaction>()
        .setup(|state: AppState| async move { state.commands.ensure_indexes().await })
        .consumer(POSTS_VERDICTS, consumers::on_verdict)
        .on_user_deleted(POSTS_USERS, consumers::on_user_deleted)
        .task("scheduler", scheduler::publish)
        .task("sweep", scheduler::sweep)
        .routes(http::routes)
}
