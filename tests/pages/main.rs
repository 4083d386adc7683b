//! The pages, over the real services: what a browser without scripts sees and can do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod caching;
mod filled;
mod lists;
mod machines;
mod moderation;
mod outages;
mod reading;
mod reporting;
mod revisions;
mod rules;
mod settings;
mod signing;
mod talking;
mod writing;
