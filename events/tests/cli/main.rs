//! The command, run as a process on a real server with real traffic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
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
