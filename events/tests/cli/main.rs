//! The command, run as a user runs it, on a real server with real traffic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "a test that cannot go on fails; helpers are ahead of the verbs"
)]

mod command;
mod scenario;
mod site;

mod access;
mod again;
mod dlq;
mod docs;
mod follow;
mod looking;
mod output;
mod rates;
mod tail;
mod transfer;
mod types;
