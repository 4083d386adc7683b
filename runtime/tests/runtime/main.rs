//! Store, relay, reactor and projection on a real nats-server and a real MongoDB-wire server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod child;
mod circuit;
mod consumer;
mod contract;
mod fixture;
mod permissions;
mod process_end;
mod projection;
mod provisioning;
mod reactor;
mod readers;
mod relay;
mod service;
mod store;
mod telemetry;
