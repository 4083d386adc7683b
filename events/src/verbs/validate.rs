//! `events validate`: checks the log, or an export of it, against the registry.
//!
//! Memory use does not grow with the log, except for a small record per aggregate and per recent id, both bounded
//! (`versions`).

mod checks;
mod finding;
mod source;
mod versions;

use std::path::PathBuf;

use common::event::STREAM;

use self::{checks::Checks, finding::Finding, source::Lines};
use crate::{
    entry::Entry,
    failure::{Failure, warn},
    log::Log,
    output::{Format, Output},
    selection::Selection,
    session::Session,
};

/// Validate the log, or an export of it, against the registry
///
/// Finds messages that are not events, unknown types, bodies that do not match their JSON Schema, events on another
/// event's subject or of a service that may not publish them, missing, late or duplicate versions of an aggregate, and
/// duplicate ids. A republished event, as by `resync`, is noted but is not a finding. Exit code 1 if there are findings.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An export instead of the log; `-` for standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["since", "until", "from_seq", "to_seq", "last", "types", "aggregate", "subject", "actor", "header", "condition"])]
    file: Option<PathBuf>,
    /// Omit notes
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let mut report = Report {
        output: session.output()?,
        quiet: args.quiet,
        events: 0,
        failures: 0,
        notes: 0,
    };
    match &args.file {
        Some(path) => file(path.to_owned(), &mut report).await?,
        None => log(&args, session, &mut report).await?,
    }
    report.finish()
}

async fn log(args: &Args, session: &Session, report: &mut Report) -> Result<(), Failure> {
    let selection = args.selection.check()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut checks = Checks::new(
        args.selection.has_whole_aggregates(),
        args.selection.has_the_beginning() && log.first <= 1,
    )?;
    if !args.selection.has_whole_aggregates() {
        warn("the selection omits events of aggregates, so missing versions are not reported");
    }
    let mut entries = selection.read(&log, false).await?;
    while let Some(batch) = entries.next_batch().await? {
        for entry in &batch {
            report.check(&mut checks, entry, None)?;
        }
    }
    report.warn_of_untracked(&checks);
    Ok(())
}

async fn file(path: PathBuf, report: &mut Report) -> Result<(), Failure> {
    let mut checks: Option<Checks> = None;
    let mut lines = Lines::open(&path)?;
    while let Some(batch) = lines.next().await? {
        for line in batch {
            let entry = match source::entry(&line) {
                Ok(entry) => entry,
                Err(why) => {
                    report.find(Finding::of_line(line.number, why))?;
                    continue;
                }
            };
            let checks = match &mut checks {
                Some(checks) => checks,
                None => checks.insert(Checks::new(true, entry.sequence <= 1)?),
            };
            report.check(checks, &entry, Some(line.number))?;
        }
    }
    if let Some(checks) = &checks {
        report.warn_of_untracked(checks);
    }
    Ok(())
}

/// The findings so far.
struct Report {
    output: Output,
    quiet: bool,
    events: u64,
    failures: u64,
    notes: u64,
}

impl Report {
    fn check(&mut self, checks: &mut Checks, entry: &Entry, line: Option<u64>) -> Result<(), Failure> {
        self.events += 1;
        for mut finding in checks.check(entry) {
            finding.line = line;
            self.find(finding)?;
        }
        Ok(())
    }

    fn find(&mut self, finding: Finding) -> Result<(), Failure> {
        let is_note = finding.kind.is_note();
        *if is_note {
            &mut self.notes
        } else {
            &mut self.failures
        } += 1;
        if is_note && self.quiet {
            return Ok(());
        }
        self.output
            .item(&finding, |_| finding.human(), finding.message.as_bytes())
    }

    /// Warns about events that could not be checked.
    fn warn_of_untracked(&self, checks: &Checks) {
        if let Some(count) = checks.untracked() {
            warn(&format!(
                "there are more aggregates than can be tracked; the versions of {count} events were not checked"
            ));
        }
    }

    fn finish(mut self) -> Result<(), Failure> {
        let (events, failures, notes) = (self.events, self.failures, self.notes);
        if self.output.format == Format::Table {
            let plural = |count: u64| if count == 1 { "" } else { "s" };
            self.output.text(&format!(
                "{events} event{} checked: {failures} finding{}, {notes} note{}\n",
                plural(events),
                plural(failures),
                plural(notes)
            ))?;
        }
        self.output.finish()?;
        if failures > 0 {
            return Err(Failure::Findings);
        }
        Ok(())
    }
}
