//! Errors of the store.

use std::error::Error;

use common::{error::ErrorCode, event::EncodeError};
use mongodb::error::{Error as DriverError, ErrorKind, WriteFailure};

use crate::error::ApiError;

type Source = Box<dyn Error + Send + Sync>;

/// Why an operation of the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, does not respond in time or refuses every operation (authentication, a full
    /// disk, …). A write may or may not have happened.
    #[error("the database is unavailable")]
    Unavailable(#[source] Source),
    /// The document or the command is invalid, so the database would refuse it again.
    #[error("the database refuses the document")]
    Invalid(#[source] DriverError),
    /// No such aggregate.
    #[error("there is no {kind} {id}")]
    NotFound {
        /// The aggregate's kind.
        kind: &'static str,
        /// The requested id.
        id: String,
    },
    /// Another command committed in between; load, decide and try again.
    #[error("{id} has changed since it was read")]
    Conflict {
        /// The aggregate's id.
        id: String,
    },
    /// The caller's `If-Match` is not the current version.
    #[error("the current version is {current}")]
    VersionMismatch {
        /// The current version.
        current: u64,
    },
    /// A unique index already has the value.
    #[error("the unique index `{index}` has this value already")]
    Duplicate {
        /// The index's name.
        index: String,
    },
    /// The idempotency key created this aggregate from another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// The outbox of this aggregate holds as many events as a document may.
    #[error("the outbox of {id} is full")]
    OutboxFull {
        /// The aggregate's id.
        id: String,
    },
    /// The user who creates something has been deleted.
    #[error("the account was deleted")]
    OwnerDeleted,
    /// This release cannot read the document, or cannot write it without the loss of fields that it does not know.
    #[error("{what} was written by a newer release")]
    NewerRelease {
        /// What was read.
        what: String,
        /// Why it cannot be used.
        source: Option<Source>,
    },
    /// The document cannot be serialised.
    #[error("the document cannot be serialised")]
    Serialize(#[source] mongodb::bson::error::Error),
    /// The client's request cannot be serialised, so a repetition could not be recognised.
    #[error("the request cannot be serialised")]
    Request(#[source] serde_json::Error),
    /// The event cannot be encoded.
    #[error("the event cannot be encoded")]
    Encode(#[from] EncodeError),
}

impl StoreError {
    /// `what` cannot be used by this release because of `source`.
    pub fn newer_release(what: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::NewerRelease {
            what: what.into(),
            source: Some(source.into()),
        }
    }

    /// Whether a later attempt may succeed although nothing of the request or the event has changed. That is the
    /// default: only faults of the request or the document themselves are permanent.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::Conflict { .. }
            | Self::OutboxFull { .. }
            | Self::NewerRelease { .. } => true,
            Self::Invalid(_)
            | Self::NotFound { .. }
            | Self::VersionMismatch { .. }
            | Self::Duplicate { .. }
            | Self::IdempotencyKeyReused
            | Self::OwnerDeleted
            | Self::Serialize(_)
            | Self::Request(_)
            | Self::Encode(_) => false,
        }
    }

    /// Whether another command was faster: it changed the aggregate, or created one with the same id.
    pub fn is_lost_race(&self) -> bool {
        match self {
            Self::Conflict { .. } => true,
            Self::Duplicate { index } => index == ID_INDEX,
            _ => false,
        }
    }
}

/// MongoDB's index of the ids.
const ID_INDEX: &str = "_id_";

/// MongoDB's code of a violated unique index.
const DUPLICATE_KEY: i32 = 11000;

/// MongoDB's codes of a document that is invalid: `DocumentValidationFailure`, `BSONObjectTooLarge`.
const INVALID_DOCUMENT: [i32; 2] = [121, 10334];

impl From<DriverError> for StoreError {
    fn from(error: DriverError) -> Self {
        match &*error.kind {
            ErrorKind::BsonDeserialization(source) | ErrorKind::Bson(source) => return source.clone().into(),
            ErrorKind::BsonSerialization(source) => return Self::Serialize(source.clone()),
            // Of the driver itself, before it has asked any server.
            ErrorKind::InvalidArgument { .. } => return Self::Invalid(error),
            _ => {}
        }
        let refusals = refusals(&error);
        // Of several writes one may be unlucky and another refused for good: then they are tried again together.
        let all = |is: fn(i32) -> bool| !refusals.is_empty() && refusals.iter().all(|(code, _)| is(*code));
        if all(|code| code == DUPLICATE_KEY) {
            let index = refusals.first().map(|(_, message)| index_name(message));
            return Self::Duplicate {
                index: index.unwrap_or_default(),
            };
        }
        if all(|code| code == DUPLICATE_KEY || INVALID_DOCUMENT.contains(&code)) {
            return Self::Invalid(error);
        }
        Self::Unavailable(Box::new(error))
    }
}

impl From<mongodb::bson::error::Error> for StoreError {
    fn from(error: mongodb::bson::error::Error) -> Self {
        use mongodb::bson::error::ErrorKind;
        match error.kind {
            ErrorKind::Serialization { .. } | ErrorKind::TooLargeUnsignedInteger { .. } => {
                Self::Serialize(error)
            }
            _ => Self::newer_release("a document", error),
        }
    }
}

/// The codes and messages with which the server refused a command or single writes.
fn refusals(error: &DriverError) -> Vec<(i32, &str)> {
    match &*error.kind {
        ErrorKind::Command(command) => vec![(command.code, &command.message)],
        ErrorKind::Write(WriteFailure::WriteError(write)) => vec![(write.code, &write.message)],
        ErrorKind::InsertMany(insert) if insert.write_concern_error.is_none() => {
            let writes = insert.write_errors.iter().flatten();
            writes.map(|write| (write.code, write.message.as_str())).collect()
        }
        ErrorKind::BulkWrite(bulk) if bulk.write_concern_errors.is_empty() => {
            let writes = bulk.write_errors.values();
            writes.map(|write| (write.code, write.message.as_str())).collect()
        }
        _ => Vec::new(),
    }
}

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
                "It is being changed by other requests at the moment; try again.",
            )
            .with_source(error),
            StoreError::VersionMismatch { current } => Self::new(
                ErrorCode::VersionMismatch,
                format!("The current version is {current}; read it again and apply your change to that."),
            )
            .current_version(*current),
            StoreError::IdempotencyKeyReused => Self::new(
                ErrorCode::IdempotencyKeyReused,
                "This Idempotency-Key was sent before with another body; use a new key for a new request.",
            ),
            StoreError::OutboxFull { .. } => Self::new(
                ErrorCode::OutboxFull,
                "Too many changes of it wait for the event bus; try again when the bus is available.",
            )
            .retry_after(std::time::Duration::from_secs(5))
            .with_source(error),
            StoreError::NewerRelease { .. } => Self::new(
                ErrorCode::Unavailable,
                "It was written by a newer release of this service; try again shortly.",
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
            StoreError::Invalid(_)
            | StoreError::Serialize(_)
            | StoreError::Request(_)
            | StoreError::Encode(_) => Self::internal(error),
        }
    }
}

/// Why a command failed: its domain refused, or the store failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<D: Error + 'static> {
    /// The domain's refusal.
    #[error(transparent)]
    Domain(D),
    /// The store's failure.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<D: Error + Into<ApiError>> From<CommandError<D>> for ApiError {
    fn from(error: CommandError<D>) -> Self {
        match error {
            CommandError::Domain(error) => error.into(),
            CommandError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error that the driver makes of the server's response.
    fn refused(code: i32, message: &str) -> StoreError {
        let command = serde_json::json!({ "code": code, "codeName": "", "errmsg": message });
        let command = serde_json::from_value(command).expect("a command error");
        DriverError::from(ErrorKind::Command(command)).into()
    }

    #[test]
    fn an_error_of_the_database_is_transient_unless_it_is_known_to_be_permanent() {
        // Unauthorized, AuthenticationFailed, OutOfDiskSpace, an unknown code.
        for code in [13, 18, 14031, 987_654] {
            assert!(refused(code, "no").is_transient(), "{code}");
        }
        for code in INVALID_DOCUMENT {
            assert!(!refused(code, "no").is_transient(), "{code}");
        }
        let disk = std::io::Error::other("No space left on device");
        assert!(StoreError::from(DriverError::from(disk)).is_transient());
    }

    #[test]
    fn a_duplicate_key_names_the_index() {
        let refused = refused(
            DUPLICATE_KEY,
            "E11000 duplicate key error collection: a.b index: slugs dup key: { slugs: \"x\" }",
        );
        assert!(matches!(&refused, StoreError::Duplicate { index } if index == "slugs"));
        assert!(!refused.is_transient() && !refused.is_lost_race());
    }

    #[test]
    fn a_document_that_cannot_be_read_is_left_to_a_newer_release() {
        let unreadable = mongodb::bson::deserialize_from_document::<u32>(mongodb::bson::doc! {});
        let error = StoreError::from(unreadable.expect_err("a document is no number"));
        assert!(error.is_transient(), "{error:?}");
        assert_eq!(ApiError::from(error).code(), ErrorCode::Unavailable);
    }
}
