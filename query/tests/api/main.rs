//! The service through its HTTP interface, on a real bus and a real database. Events are published as their owners'
//! relays do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
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
mod people;
mod posts;
mod preview;
mod rebuild;
mod search;
mod tokens;
