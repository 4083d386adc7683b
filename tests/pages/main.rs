//! The pages on the real services, in a browser without scripts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod addresses;
mod caching;
mod comments;
mod editor;
mod form;
mod lists;
mod machine_readable;
mod moderation;
mod outages;
mod reading;
mod reports;
mod revisions;
mod rules;
mod sessions;
mod settings;
mod sign_in;
