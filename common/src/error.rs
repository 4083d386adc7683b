//! Error codes: every reason for which an API rejects a request, and the field that it is about.

use std::error::Error;

use serde::Serialize;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// Every code that a client can receive, in `type` and `errors[].code` of a problem document.
        ///
        /// Codes are part of the API: they may be added, but not renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $($(#[$doc])* $variant,)+ }

        impl ErrorCode {
            /// Every code, for documentation and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The title, which is the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

error_codes! {
    /// The syntax of the body is invalid.
    MalformedJson = "malformed_json", 400, "The body is not valid JSON";
    /// A path, query or header value is invalid.
    MalformedRequest = "malformed_request", 400, "The request is malformed";
    /// A page cursor that this service did not issue.
    InvalidCursor = "invalid_cursor", 400, "The cursor is invalid";
    /// The request is not authenticated.
    Unauthenticated = "unauthenticated", 401, "Sign in to continue";
    /// The token is malformed, forged, expired or issued for another audience.
    InvalidToken = "invalid_token", 401, "The session token is invalid";
    /// The session was ended.
    SessionRevoked = "session_revoked", 401, "The session has ended";
    /// User name or password is wrong; the response does not reveal which.
    InvalidCredentials = "invalid_credentials", 401, "Incorrect user name or password";
    /// The user lacks the permission.
    Forbidden = "forbidden", 403, "Permission denied";
    /// The resource belongs to another user.
    NotOwner = "not_owner", 403, "You are not the owner";
    /// The resource belongs to the user, and the operation is for other users.
    OwnContent = "own_content", 403, "Not allowed on your own content";
    /// A request with the session cookie that did not originate from this site's pages.
    CrossSite = "cross_site", 403, "Cross-site request rejected";
    /// The resource does not exist, or the user may not know that it exists.
    NotFound = "not_found", 404, "Not found";
    /// The resource does not support the method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The request body did not arrive in time.
    RequestTimeout = "request_timeout", 408, "Request timeout";
    /// The user name belongs to another account.
    UsernameTaken = "username_taken", 409, "The user name is taken";
    /// The e-mail address belongs to another account.
    EmailTaken = "email_taken", 409, "The e-mail address is taken";
    /// A resource with this identity exists already.
    AlreadyExists = "already_exists", 409, "The resource already exists";
    /// The state of the resource does not allow the operation.
    InvalidState = "invalid_state", 409, "Not possible in the current state";
    /// The text differs from the revision that the request refers to.
    TextChanged = "text_changed", 409, "The text has changed";
    /// A moderation verdict does not allow the operation.
    RefusedByModeration = "refused_by_moderation", 409, "Blocked by moderation";
    /// Concurrent requests kept modifying the resource.
    Contention = "contention", 409, "Too many concurrent modifications";
    /// The resource was deleted permanently.
    Gone = "gone", 410, "The resource was deleted";
    /// `If-Match` does not match the current version.
    VersionMismatch = "version_mismatch", 412, "The resource was modified by another request";
    /// The body exceeds the limit of the endpoint.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    /// The `Content-Type` of the body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type";
    /// Some fields are invalid; `errors` lists them.
    ValidationFailed = "validation_failed", 422, "Some fields are invalid";
    /// The field is required.
    Required = "required", 422, "Required";
    /// The endpoint does not have this field.
    UnknownField = "unknown_field", 422, "Unknown field";
    /// The value has another type than the field.
    InvalidType = "invalid_type", 422, "Invalid type";
    /// The value has the right type but an invalid format.
    InvalidFormat = "invalid_format", 422, "Invalid format";
    /// The value is not one of the allowed values.
    InvalidValue = "invalid_value", 422, "Invalid value";
    /// The value is shorter than the minimum length.
    TooShort = "too_short", 422, "Too short";
    /// The value is longer than the maximum length.
    TooLong = "too_long", 422, "Too long";
    /// The list has more entries than allowed.
    TooMany = "too_many", 422, "Too many";
    /// The number or time is outside of the allowed range.
    OutOfRange = "out_of_range", 422, "Out of range";
    /// The text contains a NUL character.
    ContainsNul = "contains_nul", 422, "Contains a NUL character";
    /// The password is one of the most common ones.
    CommonPassword = "common_password", 422, "The password is too common";
    /// The idempotency key was used with another request.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "The idempotency key was used with another request";
    /// Too many requests; `Retry-After` contains the time to wait.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// An internal error.
    Internal = "internal", 500, "Internal error";
    /// A dependency of the service is unavailable; the request can be retried.
    Unavailable = "unavailable", 503, "Temporarily unavailable";
    /// Too many events of this aggregate wait to be published.
    OutboxFull = "outbox_full", 503, "Waiting for the event bus";
}

/// One error of a request, and the field that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// A message for users.
    pub message: String,
    /// The path of the field, e.g. `tags[3]`, if the error is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The code, for programs.
    #[serde(serialize_with = "code_as_str")]
    pub code: ErrorCode,
}

impl FieldError {
    /// The error `code` of `field`, with a message for users.
    pub fn new(field: &str, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            field: Some(field.to_owned()),
            code,
        }
    }
}

fn code_as_str<S: serde::Serializer>(code: &ErrorCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

/// Formats an error and all its causes on one line, for logs.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        // A transparent wrapper repeats the message of its cause.
        if text.ends_with(&cause) {
            text
        } else {
            format!("{text}: {cause}")
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_errors() {
        let mut seen = HashSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()), "{} is duplicated", code.as_str());
            assert!((400..600).contains(&code.status()));
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        }
    }
}
