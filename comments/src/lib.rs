//! Comments on posts, in threads: who wrote what, and which text of it readers may see.
//!
//! It keeps a replica of posts, built from their events, to know which posts accept comments. It never serves the
//! comments of a post (readers get them from `query`), never renders Markdown and never calls another service.

pub mod commands;
pub mod config;
pub mod consumers;
pub mod domain;
pub mod error;
pub mod http;
pub mod live;
pub mod state;
pub mod store;

use common::event::topology::{COMMENTS_POSTS, COMMENTS_USERS, COMMENTS_VERDICTS};
use runtime::service::Service;

use crate::{config::CommentsSettings, domain::Comment, state::AppState};

/// The service's name: in events, in consumers, of its database.
pub const NAME: &str = "comments";

/// The service.
pub fn service() -> Service<AppState, CommentsSettings> {
    Service::new(NAME, "Comments on posts, in threads", AppState::new)
        .aggregate::<Comment>()
        .consumer(COMMENTS_POSTS, consumers::on_post)
        .consumer(COMMENTS_VERDICTS, consumers::on_verdict)
        .on_user_deleted(COMMENTS_USERS, consumers::on_user_deleted)
        .task("live", |state: AppState, stop| state.versions.listen(stop))
        .routes(http::routes)
}
