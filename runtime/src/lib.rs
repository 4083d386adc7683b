//! The foundation of every Inkstream service: the store and its outbox, the relay, consumers and projections, the
//! verification of tokens, HTTP, configuration and telemetry.

pub mod auth;
pub mod bus;
pub mod config;
pub mod consistency;
pub mod error;
pub mod http;
mod panic;
pub mod relay;
pub mod service;
pub mod store;
pub mod telemetry;
