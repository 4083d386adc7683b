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
mod graph;
mod lag;
mod looking;
mod output;
mod rates;
mod stats;
mod tail;
mod top;
mod transfer;
mod types;
mod validate;
