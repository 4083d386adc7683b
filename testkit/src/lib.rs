//! Real servers, tokens and clients for tests. Nothing here imitates a server.
//!
//! Each test has its own nats-server and its own databases, so all run in parallel. `cargo xtask test` names the
//! programs: `INKSTREAM_NATS_SERVER`, `INKSTREAM_MONGOD`, and in `MONGODB_URI` one database server for all tests
//! that do not stop it.

mod client;
mod conditions;
mod database;
mod identity;
mod nats;
mod process;
mod running;

pub use client::{Client, Request, Response};
pub use conditions::{OUTAGE_LIMIT, TIMEOUT, eventually, eventually_ok};
pub use database::{DatabaseServer, TestDatabase};
pub use identity::{TestIssuer, TestUser};
pub use nats::NatsServer;
pub use process::free_port;
pub use running::RunningService;
