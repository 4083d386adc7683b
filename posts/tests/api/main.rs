//! The service as its users meet it: through HTTP, on real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod accounts;
mod creating;
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
