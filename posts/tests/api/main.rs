//! The posts service through HTTP, on a real nats-server and a real MongoDB-wire server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod creating;
mod deleted_users;
mod deleting;
mod document;
mod editing;
mod fixture;
mod listing;
mod moderation;
mod outages;
mod privacy;
mod reacting;
mod refusals;
mod revisions;
mod scheduling;
mod slugs;
