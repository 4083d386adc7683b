//! Store, relay, reactor and projection on a real nats-server and a real MongoDB-wire server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod contract;
mod fixture;
mod permissions;
mod projection;
mod reactor;
mod readers;
mod relay;
mod service;
mod store;
