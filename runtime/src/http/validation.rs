//! Converts the errors of `validator` to field errors of the API.

use common::error::{ErrorCode, FieldError};
use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// Returns every error with the path of its field, ordered by field name and index, so that responses are stable.
pub(super) fn field_errors(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut found = Vec::new();
    collect(errors, "", &mut found);
    found
}

fn collect(errors: &ValidationErrors, parent: &str, found: &mut Vec<FieldError>) {
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_by_key(|(name, _)| *name);
    for (name, kind) in fields {
        let path = if parent.is_empty() {
            name.to_string()
        } else {
            format!("{parent}.{name}")
        };
        match kind {
            ValidationErrorsKind::Struct(nested) => collect(nested, &path, found),
            ValidationErrorsKind::List(items) => {
                for (index, nested) in items {
                    collect(nested, &format!("{path}[{index}]"), found);
                }
            }
            ValidationErrorsKind::Field(errors) => {
                found.extend(errors.iter().map(|error| field_error(&path, error)));
            }
        }
    }
}

fn field_error(path: &str, error: &ValidationError) -> FieldError {
    let field = match (path, error.params.get("index").and_then(Value::as_u64)) {
        // What `validator` calls errors of the struct as a whole.
        ("__all__", _) => error
            .params
            .get("field")
            .and_then(Value::as_str)
            .map(str::to_owned),
        (path, Some(index)) => Some(format!("{path}[{index}]")),
        (path, None) => Some(path.to_owned()),
    };
    let code = code(error);
    let message = error
        .message
        .as_ref()
        .map_or_else(|| message(code, error), ToString::to_string);
    FieldError { message, field, code }
}

fn code(error: &ValidationError) -> ErrorCode {
    match error.code.as_ref() {
        "length" => length_code(error),
        "range" => ErrorCode::OutOfRange,
        "email" | "url" | "regex" | "ip" | "credit_card" | "non_control_character" => {
            ErrorCode::InvalidFormat
        }
        own => ErrorCode::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == own)
            .unwrap_or(ErrorCode::InvalidValue),
    }
}

fn length_code(error: &ValidationError) -> ErrorCode {
    let limit = |name: &str| error.params.get(name).and_then(Value::as_u64);
    let max = limit("max").or_else(|| limit("equal"));
    let (length, is_list) = match error.params.get("value") {
        Some(Value::String(text)) => (text.chars().count(), false),
        Some(Value::Array(items)) => (items.len(), true),
        Some(Value::Object(members)) => (members.len(), true),
        _ => (0, false),
    };
    match max {
        Some(max) if length as u64 > max && is_list => ErrorCode::TooMany,
        Some(max) if length as u64 > max => ErrorCode::TooLong,
        _ => ErrorCode::TooShort,
    }
}

/// Never contains the value, which may be a password.
fn message(code: ErrorCode, error: &ValidationError) -> String {
    let limit = |name: &str| error.params.get(name).filter(|limit| !limit.is_null());
    let unit = match (error.code.as_ref(), error.params.get("value")) {
        ("length", Some(Value::Array(_) | Value::Object(_))) => " entries",
        ("length", _) => " characters",
        _ => "",
    };
    match (limit("min"), limit("max"), limit("equal")) {
        (_, _, Some(equal)) => format!("must be {equal}{unit}"),
        (Some(min), Some(max), _) => format!("must be {min} to {max}{unit}"),
        (Some(min), None, _) => format!("must be at least {min}{unit}"),
        (None, Some(max), _) => format!("must be at most {max}{unit}"),
        _ => code.title().to_lowercase(),
    }
}
