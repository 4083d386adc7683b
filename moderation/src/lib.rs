//! Moderation: judges comments before they are seen and posts after, by rules and by people.
//!
//! It consumes comments and posts from the log and says verdicts; their owners do with them what follows. It never
//! changes what it judges, never tells a text to anybody but moderators, and asks no other service.

pub mod commands;
pub mod config;
pub mod consumers;
pub mod domain;
pub mod error;
pub mod http;
pub mod state;
pub mod store;

use common::event::topology::{MODERATION_COMMENTS, MODERATION_POSTS, MODERATION_USERS};
use runtime::service::Service;

use crate::{
    config::ModerationSettings,
    domain::{Case, Report, Ruleset},
    state::AppState,
};

/// The service's name: in events, in consumers, of its database.
pub const SERVICE: &str = "moderation";

/// The service.
pub fn service() -> Service<AppState, ModerationSettings> {
    Service::new(
        SERVICE,
        "Verdicts on comments and posts, by rules and by moderators",
        AppState::new,
    )
    .aggregate::<Case>()
    .aggregate::<Report>()
    .aggregate::<Ruleset>()
    .setup(|state: AppState| async move { state.commands.set_up().await })
    .consumer(MODERATION_COMMENTS, consumers::on_comment)
    .consumer(MODERATION_POSTS, consumers::on_post)
    .consumer(MODERATION_USERS, consumers::on_user)
    .on_user_deleted(MODERATION_USERS, consumers::on_user_deleted)
    .task("settling", |state: AppState, stop| {
        state.commands.keep_settling(stop)
    })
    .routes(http::routes)
}
