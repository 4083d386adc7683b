//! The HTTP API on a real bus and a real database. The tests publish events as the relays of their owners do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot continue fails"
)]

mod archive;
mod attacks;
mod blog;
mod caching;
mod comments;
mod feed;
mod following;
mod indexes;
mod live;
mod moderation;
mod openapi;
mod outages;
mod posts;
mod preview;
mod rebuild;
mod search;
mod tokens;
mod users;
