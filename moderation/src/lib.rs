//! Moderation: judges comments before and posts after they are public, by rules and by moderators.
//!
//! It consumes comments and posts, and publishes verdicts; the owners of comments and posts apply them. It never changes
//! what it judges, shows texts to moderators only, and never calls another service.

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
pub const NAME: &str = "moderation";
/// Its line in `--help`.
const ABOUT: &str = "Verdicts on comments and posts, by rules and by moderators";

/// The service.
pub fn service() -> Service<AppState, ModerationSettings> {
    Service::new(NAME, ABOUT, AppState::new)
        .aggregate::<Case>()
        .aggregate::<Report>()
        .aggregate::<Ruleset>()
        .consumer(MODERATION_COMMENTS, consumers::on_comment)
        .consumer(MODERATION_POSTS, consumers::on_post)
        .consumer(MODERATION_USERS, consumers::on_user)
        .on_user_deleted(MODERATION_USERS, consumers::on_user_deleted)
        .task("resolution", |state: AppState, stop| {
            state.commands.run_resolver(stop)
        })
        .routes(http::routes)
}
