//! JSON bodies: parsed, and validated for syntax, fields, types, NUL characters and the rules of the type.

use std::{error::Error, iter::successors};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use common::error::ErrorCode;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::error::Category;
use tower_http::timeout::TimeoutError;
use validator::Validate;

use super::{nul, validation};
use crate::error::ApiError;

/// The maximum size of a request body, unless a route sets another: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A JSON body: validated as an argument, serialised as a response.
///
/// Rejections: 415 unless `Content-Type: application/json`; 413 if it is too large; 408 if it stalls; 400
/// `malformed_json` for invalid syntax (also lone surrogates, invalid UTF-8, nesting deeper than 128, a duplicate
/// field); 422 for an unknown field (the type needs `#[serde(deny_unknown_fields)]`), a missing one, one of a wrong
/// type, a string with a NUL character, and everything that the type's [`Validate`] finds, at once. The codes of a
/// custom validation function are those of [`ErrorCode`]; an `index` parameter makes the path `field[index]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail));
        }
        let body = Bytes::from_request(request, state).await.map_err(incomplete)?;
        parse(&body).map(Self)
    }
}

fn incomplete(rejection: BytesRejection) -> ApiError {
    let timed_out = successors(Some(&rejection as &dyn Error), |error| (*error).source())
        .any(|error| error.is::<TimeoutError>());
    let (code, detail) = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::PayloadTooLarge, "The request body is too large."),
        _ if timed_out => (
            ErrorCode::RequestTimeout,
            "The request body did not arrive in time.",
        ),
        _ => (ErrorCode::MalformedRequest, "The request body is incomplete."),
    };
    ApiError::new(code, detail).with_source(rejection)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn parse<T: DeserializeOwned + Validate>(body: &[u8]) -> Result<T, ApiError> {
    let nul_fields = nul::fields(body);
    if !nul_fields.is_empty() {
        return Err(ApiError::validation(nul_fields));
    }
    // serde would accept an array for a struct, field by field.
    if body
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| *byte != b'{')
    {
        check_syntax(body)?;
        return Err(ApiError::field(
            "body",
            ErrorCode::InvalidType,
            "expected an object",
        ));
    }
    // serde_json stops at a nesting of 128, which protects the stack.
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        check_syntax(body)
            .err()
            .unwrap_or_else(|| rejection(&path, error))
    })?;
    deserializer.end().map_err(malformed)?;
    value
        .validate()
        .map_err(|errors| ApiError::validation(validation::field_errors(&errors)))?;
    Ok(value)
}

/// A syntax error anywhere in the body takes precedence over an invalid field before it.
fn check_syntax(body: &[u8]) -> Result<(), ApiError> {
    serde_json::from_slice::<serde_json::Value>(body)
        .map(|_| ())
        .map_err(malformed)
}

fn malformed(error: serde_json::Error) -> ApiError {
    ApiError::new(
        ErrorCode::MalformedJson,
        format!("The body is not valid JSON: {error}."),
    )
    .with_source(error)
}

/// serde describes errors only by their messages. These may contain the value, so only the safe parts are used.
fn rejection(path: &str, error: serde_json::Error) -> ApiError {
    if error.classify() != Category::Data {
        return malformed(error);
    }
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    let quoted = |prefix: &str| text.strip_prefix(prefix)?.split('`').next();
    let field = if path == "." { "" } else { path };
    if let Some(name) = quoted("unknown field `") {
        let message = "is not a known field";
        return ApiError::field(beside(field, name), ErrorCode::UnknownField, message);
    }
    if let Some(name) = quoted("missing field `") {
        return ApiError::field(join(field, name), ErrorCode::Required, "is required");
    }
    if let Some(name) = quoted("duplicate field `") {
        let detail = format!("The field {} is duplicated.", beside(field, name));
        return ApiError::new(ErrorCode::MalformedJson, detail).with_source(error);
    }
    let expected = text
        .rsplit_once(", expected ")
        .map(|(_, expected)| format!("expected {expected}"));
    let code = match text.split(':').next() {
        Some("invalid type") => ErrorCode::InvalidType,
        Some("invalid value" | "invalid length") => ErrorCode::InvalidValue,
        _ if text.starts_with("unknown variant") => ErrorCode::InvalidValue,
        _ => return ApiError::field(or_body(field), ErrorCode::InvalidFormat, text).with_source(error),
    };
    let message = expected.unwrap_or_else(|| "is invalid".to_owned());
    ApiError::field(or_body(field), code, message).with_source(error)
}

fn or_body(field: &str) -> &str {
    if field.is_empty() { "body" } else { field }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The path of an unknown or duplicate field already ends with its name.
fn beside(path: &str, name: &str) -> String {
    let parent = path
        .strip_suffix(name)
        .map(|parent| parent.trim_end_matches('.'))
        .unwrap_or(path);
    join(parent, name)
}

#[cfg(test)]
mod tests;
