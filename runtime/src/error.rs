//! [`ApiError`]: why a request failed, in the terms of the API, with its cause.
//!
//! Nothing here knows a transport. [`http::problem`](crate::http::problem) renders it as `application/problem+json`
//! and logs it, in that one place.

use std::{error::Error, time::Duration};

use common::error::{ErrorCode, FieldError};

type Source = Box<dyn Error + Send + Sync>;

/// Why a request failed, in the words of the API, with the cause kept for the log.
///
/// The cause is never shown to the client.
#[derive(Debug, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct ApiError {
    code: ErrorCode,
    detail: String,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    current_version: Option<u64>,
    #[source]
    source: Option<Source>,
}

impl ApiError {
    /// An error of `code`, explained to the client by `detail`.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after: None,
            current_version: None,
            source: None,
        }
    }

    /// 422 about one field.
    pub fn field(field: impl Into<String>, code: ErrorCode, message: impl Into<String>) -> Self {
        let error = FieldError {
            message: message.into(),
            field: Some(field.into()),
            code,
        };
        Self::validation(vec![error])
    }

    /// 422 about some fields.
    pub fn validation(fields: Vec<FieldError>) -> Self {
        let detail = match fields.as_slice() {
            [
                FieldError {
                    message,
                    field: Some(field),
                    ..
                },
            ] => format!("{field}: {message}"),
            fields => format!("{} fields are not acceptable", fields.len()),
        };
        Self {
            fields,
            ..Self::new(ErrorCode::ValidationFailed, detail)
        }
    }

    /// 404 of a `thing`, e.g. `post`.
    pub fn not_found(thing: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("There is no such {thing}."))
    }

    /// 500; the client learns nothing but the trace id, the log has `source`.
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::new(ErrorCode::Internal, "Something went wrong on our side.").with_source(source)
    }

    /// 503 because `dependency` is away.
    pub fn unavailable(dependency: &str, source: impl Into<Source>) -> Self {
        let detail = format!("The {dependency} cannot be reached at the moment; try again shortly.");
        Self::new(ErrorCode::Unavailable, detail)
            .retry_after(Duration::from_secs(1))
            .with_source(source)
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds when to try again, as `Retry-After`, rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds the version that the aggregate has, as `ETag` and `current_version`.
    #[must_use]
    pub fn current_version(mut self, version: u64) -> Self {
        self.current_version = Some(version);
        self
    }

    /// Says which field it is about, for an error that is not 422.
    #[must_use]
    pub fn about(mut self, field: impl Into<String>) -> Self {
        self.fields = vec![FieldError {
            message: self.detail.clone(),
            field: Some(field.into()),
            code: self.code,
        }];
        self
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The explanation for the client.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong with which field.
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// When to try again.
    pub fn retry_wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The aggregate's version, where a precondition failed on it.
    pub fn version(&self) -> Option<u64> {
        self.current_version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_kept_and_not_shown() {
        let error = ApiError::internal(std::io::Error::other("disk on fire"));
        assert!(
            error
                .source()
                .is_some_and(|source| source.to_string() == "disk on fire")
        );
        assert!(!error.detail().contains("disk"));
    }
}
