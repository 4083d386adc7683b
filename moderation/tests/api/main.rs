//! The moderation service through HTTP and events, on a real nats-server and a real MongoDB-wire server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod fixture;

mod decisions;
mod deleted_users;
mod deletion;
mod judging;
mod openapi;
mod outages;
mod queue;
mod repetition;
mod reports;
mod rules;
