//! The differences between two JSON documents, field by field.

use std::fmt;

use anstyle::AnsiColor;
use serde::Serialize;
use serde_json::Value;

use crate::output::visible;

/// The maximum characters of a value in a line.
const SHOWN: usize = 80;

/// A changed field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Change {
    /// e.g. `content.title`
    path: String,
    /// Absent if the field was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// Absent if the field was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

/// The differences between `before` and `after`. Objects are compared by field; lists and scalars as a whole. A null
/// value counts as absent.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(before, after, "", &mut found);
    found
}

fn compare(before: &Value, after: &Value, path: &str, found: &mut Vec<Change>) {
    let empty = serde_json::Map::new();
    let is_object = |value: &Value| value.is_object() || value.is_null();
    if !(is_object(before) && is_object(after)) {
        if before != after {
            let present = |value: &Value| Some(value.clone()).filter(|value| !value.is_null());
            found.push(Change {
                path: path.to_owned(),
                before: present(before),
                after: present(after),
            });
        }
        return;
    }
    let (before, after) = (
        before.as_object().unwrap_or(&empty),
        after.as_object().unwrap_or(&empty),
    );
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for name in after.keys().chain(gone) {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
        compare(&of(before), &of(after), &path, found);
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = visible(&self.path);
        let (red, green) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "{green}+ {path}: {}{green:#}", shown(after, 0)),
            (Some(before), None) => write!(f, "{red}- {path}: {}{red:#}", shown(before, 0)),
            (Some(before), Some(after)) => {
                let from = difference(before, after);
                let (before, after) = (shown(before, from), shown(after, from));
                write!(f, "~ {path}: {red}{before}{red:#} → {green}{after}{green:#}")
            }
            (None, None) => f.write_str(&path),
        }
    }
}

/// The position at which two long texts begin to differ, less a few characters of context; 0 for short ones.
fn difference(before: &Value, after: &Value) -> usize {
    let (Some(before), Some(after)) = (before.as_str(), after.as_str()) else {
        return 0;
    };
    let same = before
        .chars()
        .zip(after.chars())
        .take_while(|(one, other)| one == other)
        .count();
    if same < SHOWN / 2 { 0 } else { same - SHOWN / 4 }
}

/// A value, abbreviated from the character `from` on if it is long.
fn shown(value: &Value, from: usize) -> String {
    let text = match value.as_str() {
        Some(text) => {
            let ahead = if from > 0 { "…" } else { "" };
            let part: String = text.chars().skip(from).take(SHOWN + 1).collect();
            format!("{ahead}{}", Value::from(part))
        }
        None => value.to_string(),
    };
    let mut text = visible(&text);
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_compared_one_by_one_and_lists_as_a_whole() {
        let before = json!({ "a": 1, "b": { "c": "x", "d": [1] }, "e": null, "g": true });
        let after = json!({ "a": 1, "b": { "c": "y", "d": [1, 2] }, "e": { "f": 2 } });
        let mut lines: Vec<String> = changes(&before, &after)
            .iter()
            .map(|change| anstream::adapter::strip_str(&change.to_string()).to_string())
            .collect();
        lines.sort();
        assert_eq!(
            lines,
            [
                "+ e.f: 2",
                "- g: true",
                "~ b.c: \"x\" → \"y\"",
                "~ b.d: [1] → [1,2]"
            ]
        );
        assert!(changes(&before, &before).is_empty());
    }

    #[test]
    fn long_texts_are_abbreviated_to_their_difference() {
        let long = "word ".repeat(50);
        let change = &changes(
            &json!({ "t": format!("{long}old") }),
            &json!({ "t": format!("{long}new") }),
        )[0];
        let shown = change.to_string();
        assert!(
            shown.contains("old") && shown.contains("new") && shown.contains('…'),
            "{shown}"
        );
    }
}
