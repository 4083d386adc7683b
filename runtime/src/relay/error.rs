//! Errors of the relay.

use crate::{bus::PublishError, store::StoreError};

/// What stops a step of the relay. Events that were not cleared are published again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The bus takes no event.
    #[error("the events cannot be published")]
    Publish(#[from] PublishError),
    /// The outboxes cannot be read or cleared.
    #[error("the outboxes cannot be read or cleared")]
    Store(#[from] StoreError),
    /// Some events cannot be published, all others were.
    #[error("{failures} events cannot be published, {published} were")]
    Incomplete {
        /// How many were published.
        published: u64,
        /// How many cannot be.
        failures: u64,
        /// Why the first of them cannot be.
        source: Box<RelayError>,
    },
}

impl RelayError {
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Publish(error) => error.reason(),
            Self::Store(StoreError::NewerRelease { .. }) => "unreadable",
            Self::Store(_) => "database",
            Self::Incomplete { source, .. } => source.reason(),
        }
    }
}
