//! Finds NUL characters in JSON strings: MongoDB's keys and some tools end a string at them.

use common::error::{ErrorCode, FieldError};
use serde_json::Value;

/// Returns the fields whose value or name contains a NUL character. A body without the escape is only scanned; one
/// that cannot be parsed has none, and its parser rejects it.
pub(super) fn fields(body: &[u8]) -> Vec<FieldError> {
    const ESCAPE: &[u8] = br"\u0000";
    if !body.windows(ESCAPE.len()).any(|window| window == ESCAPE) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_slice(body) {
        visit(&value, String::new(), &mut found);
    }
    found
}

/// The parser limits the recursion to 128.
fn visit(value: &Value, path: String, found: &mut Vec<FieldError>) {
    match value {
        Value::String(text) if text.contains('\0') => found.push(error(path)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, format!("{path}[{index}]"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{}", name.replace('\0', "\u{fffd}"));
                if name.contains('\0') {
                    found.push(error(path.clone()));
                }
                visit(member, path, found);
            }
        }
        _ => {}
    }
}

fn error(path: String) -> FieldError {
    let field = if path.is_empty() { "body".to_owned() } else { path };
    FieldError {
        message: "must not contain a NUL character".to_owned(),
        field: Some(field),
        code: ErrorCode::ContainsNul,
    }
}
