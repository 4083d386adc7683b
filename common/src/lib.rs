//! What every Inkstream service shares: the events and ids that are their only contract with each other,
//! the errors of the API, and (feature `service`) the runtime that each stands on.

pub mod error;
pub mod event;
pub mod ids;

#[cfg(feature = "service")]
pub mod auth;
#[cfg(feature = "service")]
pub mod bus;
#[cfg(feature = "service")]
pub mod config;
#[cfg(feature = "service")]
pub mod consistency;
#[cfg(feature = "service")]
pub mod http;
#[cfg(feature = "service")]
pub mod relay;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod store;
#[cfg(feature = "service")]
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
