//! Why a read returns no data, and the API error for each reason.

use std::{error::Error, sync::Arc};

use common::error::ErrorCode;
use runtime::{error::ApiError, store::StoreError};

/// Cheap to clone: all requests that share a load get the same error.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The resource does not exist or is not public.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The resource was deleted.
    #[error("the {0} was deleted")]
    Gone(&'static str),
    /// The post's slug has changed to this one.
    #[error("the post has moved to {0}")]
    Moved(String),
    /// The database is unavailable.
    #[error("the database is unavailable")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// A bug.
    #[error("the response cannot be created")]
    Internal(#[source] Arc<dyn Error + Send + Sync>),
}

impl ReadError {
    pub fn internal(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Internal(Arc::new(error))
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            Self::Unavailable(Arc::new(error))
        } else {
            Self::internal(error)
        }
    }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::NotFound(resource) => Self::not_found(resource),
            ReadError::Gone(resource) => Self::new(
                ErrorCode::Gone,
                format!("The {resource} was deleted by its author."),
            ),
            // Only the handler of single posts redirects.
            ReadError::Moved(_) => Self::not_found("post"),
            ReadError::Unavailable(_) => Self::unavailable("database", error),
            ReadError::Internal(_) => Self::internal(error),
        }
    }
}
