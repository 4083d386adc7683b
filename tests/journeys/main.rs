//! Journeys across services, and what happens when a part of the platform is away.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod accounts;
mod gateway;
mod kills;
mod log;
mod moderation;
mod outages;
mod poison;
mod reading;
mod tokens;
