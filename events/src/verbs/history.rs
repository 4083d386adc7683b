//! `events history`: the versions of an aggregate and the changes between them.

mod change;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use common::event::{STREAM, header};
use serde::Serialize;
use serde_json::Value;

use self::change::{Change, changes};
use crate::{
    entry::{Document, Entry},
    failure::Failure,
    log::Log,
    output::{Times, short_type, visible},
    selection::Selection,
    session::Session,
};

/// Show the versions of an aggregate and the changes between them
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `post:<id>`, or only the id
    #[arg(value_name = "AGGREGATE")]
    aggregate: String,
}

#[derive(Serialize)]
struct Version<'a> {
    #[serde(flatten)]
    event: Document<'a>,
    changes: Vec<Change>,
    /// Why its version is out of sequence, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    oddity: Option<String>,
}

/// Runs the verb, in the order of the log.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let selection = Selection::of_aggregate(&args.aggregate).check()?;
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut entries = selection.read(&log, false).await?;
    let (mut state, mut highest, mut found) = (Value::Null, None, false);
    while let Some(batch) = entries.next_batch().await? {
        for entry in batch {
            found = true;
            let body = serde_json::from_slice(&entry.payload).unwrap_or(Value::Null);
            let version = Version {
                event: entry.document(),
                changes: changes(&state, &body),
                oddity: oddity(highest, entry.version()),
            };
            output.item(&version, |times| human(&entry, &version, times), &entry.payload)?;
            // A late version is shown, but does not change the state, as in every consumer.
            if version.oddity.as_deref() != Some(LATE) && !body.is_null() {
                state = body;
                highest = entry.version().or(highest);
            }
        }
    }
    output.finish()?;
    if found {
        return Ok(());
    }
    let aggregate = &args.aggregate;
    Err(Failure::NotFound(format!("the log has no event of {aggregate}")))
}

const LATE: &str = "not newer than an earlier event: consumers ignore it";

fn oddity(highest: Option<u64>, version: Option<u64>) -> Option<String> {
    let (highest, version) = (highest.unwrap_or(0), version?);
    if version <= highest {
        return Some(LATE.to_owned());
    }
    let missing = highest + 1..version;
    match missing.end - missing.start {
        0 => None,
        1 => Some(format!("version {} is not in the log", missing.start)),
        _ => Some(format!(
            "versions {} to {} are not in the log",
            missing.start,
            missing.end - 1
        )),
    }
}

fn human(entry: &Entry, version: &Version<'_>, times: &Times) -> String {
    let (bold, dim, yellow) = (
        Style::new().bold(),
        Style::new().dimmed(),
        AnsiColor::Yellow.on_default(),
    );
    let type_name = entry.type_name().unwrap_or_default();
    let number = entry
        .version()
        .map_or("version ?".to_owned(), |version| format!("version {version}"));
    let mut text = format!(
        "{bold}{number}{bold:#}  {}  {dim}{}  {}  #{}{dim:#}\n",
        visible(short_type(&type_name)),
        times.date_time(entry.time()),
        visible(&entry.header(header::ACTOR).unwrap_or_default()),
        entry.sequence,
    );
    let problem = entry.problem().map(|problem| problem.to_string());
    for remark in version.oddity.iter().chain(&problem) {
        let _ = writeln!(text, "  {yellow}{}{yellow:#}", visible(remark));
    }
    for change in &version.changes {
        let _ = writeln!(text, "  {change}");
    }
    if version.changes.is_empty() && problem.is_none() {
        let _ = writeln!(text, "  {dim}no change of the public state{dim:#}");
    }
    text.push('\n');
    text
}
