//! One event with all attributes, human-readable.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use common::event::header;
use jaq_json::{read, write};

use super::{Times, line::visible, times::duration};
use crate::entry::Entry;

/// The event in full: its attributes, then its body.
pub fn full(entry: &Entry, times: &Times) -> String {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let type_name = entry.type_name().unwrap_or("no type".into());
    let mut text = format!(
        "{bold}{}{bold:#}  {dim}sequence{dim:#} {}\n",
        visible(&type_name),
        entry.sequence
    );
    let aggregate = entry.aggregate().map(|parts| match entry.version() {
        Some(version) => format!("{} {}  version {version}", parts.kind, parts.id),
        None => format!("{} {}", parts.kind, parts.id),
    });
    let value = |name| entry.header(name).map(|value| value.into_owned());
    let facts = [
        ("time", Some(when(entry, times))),
        ("aggregate", aggregate),
        ("id", value(header::ID)),
        ("source", value(header::SOURCE)),
        ("actor", value(header::ACTOR)),
        ("correlation", value(header::CORRELATION_ID)),
        ("caused by", value(header::CAUSATION_ID)),
        ("traceparent", value(header::TRACEPARENT)),
        ("subject", Some(entry.subject.to_string())),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            let _ = writeln!(text, "  {dim}{name:<12}{dim:#} {}", visible(&value));
        }
    }
    if let Some(problem) = entry.problem() {
        let red = AnsiColor::Red.on_default();
        let _ = writeln!(text, "  {red}{}{red:#}", visible(&problem.to_string()));
    }
    let _ = writeln!(text, "{}\n", pretty(&entry.payload));
    text
}

fn when(entry: &Entry, times: &Times) -> String {
    let (time, stored_at) = (entry.time(), entry.stored_at);
    let committed = times.date_time(time);
    if entry.header(header::TIME).is_none() {
        return format!("{committed}, when the log stored it");
    }
    format!("{committed}, stored {} later", duration(stored_at.since(time)))
}

/// A body on several lines and in colours, or as text if it is not JSON.
pub fn pretty(body: &[u8]) -> String {
    let Ok(value) = read::parse_single(body) else {
        return visible(&String::from_utf8_lossy(body));
    };
    let style = write::Pp {
        indent: Some("  ".to_owned()),
        sep_space: true,
        styles: write::Styles::ansi(),
        ..write::Pp::default()
    };
    let mut text = Vec::new();
    let _ = write::write(&mut text, &style, 0, &value);
    // The writer escapes control characters below U+0020; others may still affect a terminal.
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<String> = text.split('\n').map(masked).collect();
    lines.join("\n")
}

/// A coloured line with all other control characters escaped.
fn masked(line: &str) -> String {
    line.split('\x1b').map(visible).collect::<Vec<_>>().join("\x1b")
}
