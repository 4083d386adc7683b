//! What a read can meet, and the answer that it becomes.

use std::{error::Error, sync::Arc};

use common::error::ErrorCode;
use runtime::{error::ApiError, store::StoreError};

/// Why there is nothing to show. Cheap to clone: all who waited for one load get the same.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// There is no such thing, or it is not public.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It was there and was deleted.
    #[error("the {0} was deleted")]
    Gone(&'static str),
    /// A post has another slug now.
    #[error("the post is at {0} now")]
    Moved(String),
    /// The database does not answer.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// A fault of ours.
    #[error("the answer cannot be made")]
    Broken(#[source] Arc<dyn Error + Send + Sync>),
}

impl ReadError {
    pub fn broken(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Broken(Arc::new(error))
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            Self::Unavailable(Arc::new(error))
        } else {
            Self::broken(error)
        }
    }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        Self::broken(error)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::NotFound(thing) => Self::not_found(thing),
            ReadError::Gone(thing) => {
                Self::new(ErrorCode::Gone, format!("The {thing} was deleted by its author."))
            }
            // Handlers make a redirect of it; elsewhere the old address is simply not there.
            ReadError::Moved(_) => Self::not_found("post"),
            ReadError::Unavailable(_) => Self::unavailable("database", error),
            ReadError::Broken(_) => Self::internal(error),
        }
    }
}
