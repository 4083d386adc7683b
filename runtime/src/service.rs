//! A service as a declaration: what it owns, consumes, does in the background and serves.
//!
//! [`Service`] collects the declaration; everything else follows from it: the database and its indexes, the relay of the
//! outboxes, `resync`, durable consumers, supervised tasks, readiness, the guard against deleted users, the command line.
//! Nothing here knows a particular service.

mod cli;
mod consumers;
mod context;
mod declaration;
mod handle_all;
mod repeat;
mod resync;
mod start;
mod supervisor;

use std::error::Error;

use clap::{Args, Subcommand};

pub use context::ServiceContext;
pub use declaration::Service;
pub use handle_all::handle_all;
pub use repeat::repeat;
pub use start::Started;

/// No settings beyond those that every service has.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct NoSettings {}

/// No operator commands beyond those that every service has.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum NoCommand {}

/// Why a service or one of its commands ended: what failed, in words for the operator, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StartError {
    what: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StartError {
    /// `what` failed because of `source`.
    pub fn new(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: what.into(),
            source: Some(source.into()),
        }
    }

    /// `what` failed, without a further cause.
    pub fn because(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }
}
