//! Error codes: every reason for which an API refuses a request, and the field that a reason is about.

use std::error::Error;

use serde::Serialize;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// Every code that a client can meet, in `type` and `errors[].code` of a problem document.
        ///
        /// Codes are part of the API: they may be added, never renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $($(#[$doc])* $variant,)+ }

        impl ErrorCode {
            /// Every code, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status it goes with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// A few words that are the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

error_codes! {
    /// The request's syntax is broken.
    MalformedJson = "malformed_json", 400, "The body is not valid JSON";
    /// A path, query or header value is broken.
    MalformedRequest = "malformed_request", 400, "The request cannot be read";
    /// A page cursor that this service did not make.
    InvalidCursor = "invalid_cursor", 400, "The cursor is not valid";
    /// Nobody is signed in.
    Unauthenticated = "unauthenticated", 401, "Sign in first";
    /// The token is broken, forged, expired or meant for somebody else.
    InvalidToken = "invalid_token", 401, "The session token is not valid";
    /// The session was ended.
    SessionRevoked = "session_revoked", 401, "The session was ended";
    /// User name or password is wrong; which of them is not said.
    InvalidCredentials = "invalid_credentials", 401, "User name or password is wrong";
    /// Signed in, but not allowed.
    Forbidden = "forbidden", 403, "Not allowed";
    /// It belongs to somebody else.
    NotOwner = "not_owner", 403, "It belongs to somebody else";
    /// It is the caller's own, and only others may do that.
    OwnContent = "own_content", 403, "It is your own";
    /// A request with the session cookie that did not come from this site's own pages.
    CrossSite = "cross_site", 403, "The request came from another site";
    /// There is no such thing, or it is not for this reader to know of.
    NotFound = "not_found", 404, "Not found";
    /// The method does not exist here.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The user name belongs to somebody.
    UsernameTaken = "username_taken", 409, "The user name is taken";
    /// The e-mail address belongs to an account.
    EmailTaken = "email_taken", 409, "The e-mail address is taken";
    /// The same thing is there already.
    AlreadyExists = "already_exists", 409, "It exists already";
    /// The state of the thing does not allow it.
    InvalidState = "invalid_state", 409, "Not possible in the present state";
    /// It has another text than the one that the caller has seen.
    TextChanged = "text_changed", 409, "The text has changed in the meantime";
    /// A verdict of moderation stands against it.
    RefusedByModeration = "refused_by_moderation", 409, "Moderation does not allow it";
    /// Others changed it at the same time, again and again.
    Contention = "contention", 409, "Changed by others at the same time";
    /// It was there and is gone for good.
    Gone = "gone", 410, "Gone";
    /// `If-Match` names another version than the present one.
    VersionMismatch = "version_mismatch", 412, "It has changed in the meantime";
    /// The body is larger than this endpoint takes.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    /// The body is not JSON by its `Content-Type`.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type";
    /// Something in the body is not acceptable; `errors` says what.
    ValidationFailed = "validation_failed", 422, "Some fields are not acceptable";
    /// The field must be there.
    Required = "required", 422, "Required";
    /// A field that this endpoint does not know.
    UnknownField = "unknown_field", 422, "Unknown field";
    /// The value is of another type than the field's.
    InvalidType = "invalid_type", 422, "Wrong type";
    /// The value has the right type and the wrong shape.
    InvalidFormat = "invalid_format", 422, "Wrong format";
    /// The value is none of those allowed.
    InvalidValue = "invalid_value", 422, "Not an allowed value";
    /// Shorter than allowed.
    TooShort = "too_short", 422, "Too short";
    /// Longer than allowed.
    TooLong = "too_long", 422, "Too long";
    /// More entries than allowed.
    TooMany = "too_many", 422, "Too many";
    /// Outside the allowed numbers or times.
    OutOfRange = "out_of_range", 422, "Out of range";
    /// Text with a NUL character.
    ContainsNul = "contains_nul", 422, "Contains a NUL character";
    /// A password that everybody tries first.
    CommonPassword = "common_password", 422, "Too common a password";
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "Idempotency key used before";
    /// Too many requests; `Retry-After` says when to come back.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// A fault of ours.
    Internal = "internal", 500, "Internal error";
    /// A server that this service needs is away; it is safe to try again.
    Unavailable = "unavailable", 503, "Temporarily unavailable";
    /// Too many events of this one aggregate wait for the bus.
    OutboxFull = "outbox_full", 503, "Waiting for the event bus";
}

/// One thing that is wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// For people.
    pub message: String,
    /// The field's path, e.g. `tags[3]`, when it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For programs.
    #[serde(serialize_with = "code_as_str")]
    pub code: ErrorCode,
}

fn code_as_str<S: serde::Serializer>(code: &ErrorCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

/// An error with all its causes on one line, for logs and reasons.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        // A transparent wrapper repeats its cause's words.
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
    fn every_code_stands_once_and_is_an_error() {
        let mut seen = HashSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
            assert!((400..600).contains(&code.status()));
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        }
    }
}
