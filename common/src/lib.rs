//! The contract of the Inkstream services: events and their subjects, ids, error codes, token claims, consistency
//! tokens, and the types of the HTTP APIs.
//!
//! The crate does no I/O and knows no web framework, database or message bus.

pub mod api;
pub mod claims;
pub mod consistency;
pub mod error;
pub mod event;
pub mod ids;
#[cfg(feature = "openapi")]
pub mod schema;
pub mod tag;
pub mod text;
