//! The auth service through HTTP, on a real nats-server and a real MongoDB-wire server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod account;
mod deletion;
mod document;
mod fixture;
mod follows;
mod keys;
mod outages;
mod password;
mod roles;
mod sessions;
mod signin;
mod signup;
mod throttling;
mod tokens;
