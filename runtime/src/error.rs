//! [`ApiError`]: the reason why a request failed, in the terms of the API, with its cause.
//!
//! Independent of the transport. [`http::problem`](crate::http::problem) renders it as `application/problem+json` and
//! logs it.

use std::{error::Error, time::Duration};

use common::error::{ErrorCode, FieldError};

type Source = Box<dyn Error + Send + Sync>;

/// The reason why a request failed, with the cause for the log.
///
/// Clients never see the cause.
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
    /// An error of `code` with `detail` as its explanation for the client.
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
            fields => format!("{} fields are invalid", fields.len()),
        };
        Self {
            fields,
            ..Self::new(ErrorCode::ValidationFailed, detail)
        }
    }

    /// 404 for a `resource`, e.g. `post`.
    pub fn not_found(resource: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("The {resource} does not exist."))
    }

    /// 500; the client receives only the trace id, the log contains `source`.
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::new(ErrorCode::Internal, "Something went wrong on our side.").with_source(source)
    }

    /// 503 because `dependency` is unavailable.
    pub fn unavailable(dependency: &str, source: impl Into<Source>) -> Self {
        let detail = format!("The {dependency} is temporarily unavailable; try again shortly.");
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

    /// Adds the time to wait before a retry, as `Retry-After`, rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds the current version of the aggregate, as `ETag` and `current_version`.
    #[must_use]
    pub fn current_version(mut self, version: u64) -> Self {
        self.current_version = Some(version);
        self
    }

    /// Adds the field that the error is about, for an error other than 422.
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

    /// The errors of single fields.
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// The time to wait before a retry.
    pub fn retry_wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The current version of the aggregate, if a precondition failed.
    pub fn version(&self) -> Option<u64> {
        self.current_version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_kept_and_not_part_of_the_detail() {
        let error = ApiError::internal(std::io::Error::other("disk on fire"));
        assert!(
            error
                .source()
                .is_some_and(|source| source.to_string() == "disk on fire")
        );
        assert!(!error.detail().contains("disk"));
    }
}
