//! One event with all it says, for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use common::event::header;
use jaq_json::{read, write};

use super::{Times, line::visible, times::duration};
use crate::entry::Entry;

/// The event in full: what it says of itself, then its body.
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
    let said = |name| entry.header(name).map(|value| value.into_owned());
    let facts = [
        ("time", Some(when(entry, times))),
        ("aggregate", aggregate),
        ("id", said(header::ID)),
        ("source", said(header::SOURCE)),
        ("actor", said(header::ACTOR)),
        ("correlation", said(header::CORRELATION_ID)),
        ("caused by", said(header::CAUSATION_ID)),
        ("traceparent", said(header::TRACEPARENT)),
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
    let said = times.date_time(time);
    if entry.header(header::TIME).is_none() {
        return format!("{said}, when the log took it");
    }
    format!("{said}, in the log {} later", duration(stored_at.since(time)))
}

/// A body on several lines and in colours; what is no JSON, as text.
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
    // The writer escapes what stands below the blank; of the rest, not all is harmless to a terminal.
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<String> = text.split('\n').map(masked).collect();
    lines.join("\n")
}

/// A line that has colours, with everything else that a terminal would obey made visible.
fn masked(line: &str) -> String {
    line.split('\x1b').map(visible).collect::<Vec<_>>().join("\x1b")
}
