//! The comments service through HTTP, on a real nats-server and a real MongoDB-wire server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod fixture;

mod create;
mod delete;
mod edit;
mod mine;
mod openapi;
mod outages;
mod posts;
mod review;
mod threads;
mod users;
mod verdicts;
