//! Handlers of events and the two kinds of failure.

use std::sync::Arc;

use common::event::Received;

use crate::store::{CommandError, StoreError};

/// Handles the events of one consumer. Closures and functions of an event are handlers, too.
pub trait EventHandler: Send + Sync + 'static {
    /// Handles `event`. Called at least once for each event, in no particular order, so it must tolerate redelivery:
    /// apply what is newer and ignore the rest.
    fn handle(&self, event: Arc<Received>) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

impl<F, R> EventHandler for F
where
    F: Fn(Arc<Received>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), HandlerError>> + Send,
{
    fn handle(&self, event: Arc<Received>) -> impl Future<Output = Result<(), HandlerError>> + Send {
        self(event)
    }
}

/// Why a handler failed.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// A fault of the infrastructure, or one that is not known. The event is retried until the handler succeeds.
    #[error("a dependency failed")]
    Transient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The domain or the store's rules refuse the event. After a few attempts it becomes a dead letter.
    #[error("the event was refused")]
    Permanent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Transient by default, as the store classifies its errors: an unforeseen fault (a full disk, a changed password) delays
/// events and never discards them.
impl From<StoreError> for HandlerError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            Self::Transient(Box::new(error))
        } else {
            Self::Permanent(Box::new(error))
        }
    }
}

impl<D: std::error::Error + Send + Sync + 'static> From<CommandError<D>> for HandlerError {
    fn from(error: CommandError<D>) -> Self {
        match error {
            CommandError::Domain(error) => Self::Permanent(Box::new(error)),
            CommandError::Store(error) => error.into(),
        }
    }
}
