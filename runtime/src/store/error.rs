//! Why the store could not do it.

use common::{error::ErrorCode, event::EncodeError};

use crate::error::ApiError;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or does not answer in time; the write may or may not have happened.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database refused; a fault of ours.
    #[error("the database refused the operation")]
    Database(#[source] mongodb::error::Error),
    /// No such aggregate.
    #[error("there is no {kind} {id}")]
    NotFound {
        /// The aggregate's kind.
        kind: &'static str,
        /// The id looked for.
        id: String,
    },
    /// Somebody else committed in between; load, decide and try again.
    #[error("{id} has changed since it was read")]
    Conflict {
        /// The aggregate's id.
        id: String,
    },
    /// The caller's `If-Match` is not the present version.
    #[error("the present version is {current}")]
    VersionMismatch {
        /// The present version.
        current: u64,
    },
    /// A unique index refuses; `index` is its name.
    #[error("the unique index `{index}` has this value already")]
    Duplicate {
        /// The index's name.
        index: String,
    },
    /// The idempotency key made this aggregate from another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// As many events of this aggregate wait as its document may hold.
    #[error("the outbox of {id} is full")]
    OutboxFull {
        /// The aggregate's id.
        id: String,
    },
    /// The user who creates something has been deleted.
    #[error("the account was deleted")]
    OwnerDeleted,
    /// A document is not what this release writes.
    #[error("a document cannot be read")]
    Corrupt(#[from] mongodb::bson::error::Error),
    /// The event cannot be written.
    #[error("the event cannot be written")]
    Encode(#[from] EncodeError),
}

impl StoreError {
    /// Whether trying again later may help without anybody mending anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::Conflict { .. } | Self::OutboxFull { .. }
        )
    }
}

impl From<mongodb::error::Error> for StoreError {
    fn from(error: mongodb::error::Error) -> Self {
        use mongodb::error::{ErrorKind, RETRYABLE_WRITE_ERROR, WriteFailure};
        match &*error.kind {
            ErrorKind::Write(WriteFailure::WriteError(write)) if write.code == DUPLICATE_KEY => {
                Self::Duplicate {
                    index: index_name(&write.message),
                }
            }
            ErrorKind::Command(command) if command.code == DUPLICATE_KEY => Self::Duplicate {
                index: index_name(&command.message),
            },
            ErrorKind::ServerSelection { .. }
            | ErrorKind::Io(_)
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. } => Self::Unavailable(Box::new(error)),
            _ if error.contains_label(RETRYABLE_WRITE_ERROR) => Self::Unavailable(Box::new(error)),
            _ => Self::Database(error),
        }
    }
}

/// MongoDB's error code of a violated unique index.
const DUPLICATE_KEY: i32 = 11000;

/// The index's name from the server's message, `… index: <name> dup key: …`; there is no field for it.
fn index_name(message: &str) -> String {
    let name = message.split_once("index: ").map(|(_, rest)| rest);
    name.and_then(|rest| rest.split_whitespace().next())
        .unwrap_or_default()
        .to_owned()
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) => Self::unavailable("database", error),
            StoreError::NotFound { kind, .. } => Self::not_found(kind),
            StoreError::Conflict { .. } => Self::new(
                ErrorCode::Contention,
                "Others are changing it at this moment; try again.",
            )
            .with_source(error),
            StoreError::VersionMismatch { current } => Self::new(
                ErrorCode::VersionMismatch,
                format!("The present version is {current}; read it again and apply your change to that."),
            )
            .current_version(*current),
            StoreError::IdempotencyKeyReused => Self::new(
                ErrorCode::IdempotencyKeyReused,
                "This Idempotency-Key was sent before with another body; use a new key for a new request.",
            ),
            StoreError::OutboxFull { .. } => Self::new(
                ErrorCode::OutboxFull,
                "Too many changes of this one wait for the event bus; try again when it is back.",
            )
            .retry_after(std::time::Duration::from_secs(5))
            .with_source(error),
            StoreError::OwnerDeleted => Self::new(ErrorCode::SessionRevoked, "The account was deleted."),
            StoreError::Encode(EncodeError::TooLarge { .. }) => {
                Self::new(ErrorCode::PayloadTooLarge, "It is too large to be published.").with_source(error)
            }
            StoreError::Duplicate { .. } => {
                Self::new(ErrorCode::AlreadyExists, "It exists already.").with_source(error)
            }
            StoreError::Database(_) | StoreError::Corrupt(_) | StoreError::Encode(_) => Self::internal(error),
        }
    }
}

/// Why a command failed: its domain said no, or the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<D: std::error::Error + 'static> {
    /// The domain's answer.
    #[error(transparent)]
    Domain(D),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<D: std::error::Error + Into<ApiError>> From<CommandError<D>> for ApiError {
    fn from(error: CommandError<D>) -> Self {
        match error {
            CommandError::Domain(error) => error.into(),
            CommandError::Store(error) => error.into(),
        }
    }
}
