//! Journeys across services, and behaviour during outages of a part of the platform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot continue fails"
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
