//! Human-readable events.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use common::event::header;
use jaq_json::{Val, read};

use super::Times;
use crate::entry::Entry;

/// The characters of a body that one line shows.
const GIST: usize = 100;

/// The event on one line: sequence, time, type, aggregate, actor, and a summary of the body.
pub fn line(entry: &Entry, times: &Times) -> String {
    let (dim, cyan, red) = (
        Style::new().dimmed(),
        AnsiColor::Cyan.on_default(),
        AnsiColor::Red.on_default(),
    );
    let (sequence, time) = (entry.sequence, times.date_time(entry.time()));
    let type_name = entry.type_name().unwrap_or(Cow::Borrowed("no type"));
    let type_name = visible(short_type(&type_name));
    let aggregate = entry.aggregate().map_or(entry.subject.as_str(), |parts| parts.id);
    let version = entry
        .version()
        .map_or(String::new(), |version| format!("v{version}"));
    let actor = entry.header(header::ACTOR).unwrap_or_default();
    let gist = match entry.problem() {
        Some(problem) => format!(
            "{red}{}{red:#}  {}",
            visible(&problem.to_string()),
            gist(&entry.payload, 40)
        ),
        None => gist(&entry.payload, GIST),
    };
    format!(
        "{sequence:>6}  {dim}{time}{dim:#}  {cyan}{type_name:<24}{cyan:#}  {} {version:<4} {dim}{}{dim:#}  {gist}\n",
        visible(aggregate),
        visible(&short_actor(&actor)),
    )
}

/// The actor, abbreviated to the last characters of a user's id.
fn short_actor(actor: &str) -> Cow<'_, str> {
    match actor.strip_prefix("user:") {
        Some(id) if id.len() == 36 && id.is_ascii() => format!("user:…{}", &id[28..]).into(),
        _ => actor.into(),
    }
}

/// The type without the platform's prefix.
pub fn short_type(type_name: &str) -> &str {
    type_name.strip_prefix("blog.").unwrap_or(type_name)
}

/// Untrusted text, safe for a terminal: control characters are escaped.
pub fn visible(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Control characters, and those that change the direction of writing.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A summary of a body: its scalar fields without ids and times, at most `width` characters.
pub fn gist(body: &[u8], width: usize) -> String {
    let Ok(value) = read::parse_single(body) else {
        let beginning = &body[..body.len().min(4 * width)];
        return cut(&visible(&String::from_utf8_lossy(beginning)), width);
    };
    let mut words = Vec::new();
    collect(&value, "", &mut words);
    cut(&visible(&words.join(" ")), width)
}

fn collect(value: &Val, name: &str, words: &mut Vec<String>) {
    let is_skipped = |name: &str| name == "id" || name.ends_with("_id") || name.ends_with("_at");
    match value {
        Val::Obj(fields) => {
            for (field, value) in fields.iter() {
                let field = text(field);
                if !is_skipped(&field) {
                    collect(value, &field, words);
                }
            }
        }
        Val::Arr(items) if items.is_empty() => {}
        Val::Null => {}
        Val::TStr(bytes) if bytes.is_empty() => {}
        Val::TStr(_) if is_word(&text(value)) => words.push(format!("{name}={}", text(value))),
        other => words.push(format!("{name}={other}")),
    }
}

/// The text of a string.
fn text(value: &Val) -> Cow<'_, str> {
    match value {
        Val::TStr(bytes) | Val::BStr(bytes) => String::from_utf8_lossy(bytes),
        _ => Cow::Borrowed(""),
    }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "-_./:@".contains(c))
}

fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(width.saturating_sub(1)).collect();
            format!("{kept}…")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gist_leaves_out_ids_and_times_and_is_cut() {
        let body = br#"{"id":"x","author_id":"y","status":"published","content":{"title":"Hello, you","tags":["a"]},"created_at":"z"}"#;
        assert_eq!(
            gist(body, 100),
            r#"status=published title="Hello, you" tags=["a"]"#
        );
        assert_eq!(gist(body, 10), "status=pu…");
        assert_eq!(gist(b"\x1b[2J no json", 100), "\\u{1b}[2J no json");
    }
}
