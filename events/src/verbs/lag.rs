//! `events lag`: the lag of the log's readers.

mod check;
mod formats;

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use self::check::{Limits, Status, Verdict};
use crate::{
    failure::Failure,
    output::{Cell, Format, Table, Times, duration},
    readers::{self, Reader, State},
    session::Session,
};

/// Show the lag of the log's readers, or check it against limits
///
/// A reader is a durable consumer or a projection. Its lag is the number of events that it has not processed, including
/// those in progress; in seconds, the age of the first of them. A projection publishes its checkpoint every one or two
/// seconds.
///
/// With --check the exit codes are those of monitoring plugins: 0 ok, 1 warning, 2 critical (or an invalid command
/// line), 3 unknown (no connection, no permission, no log, or a projection without a checkpoint).
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the reader with this name. Repeat for several
    #[arg(long = "reader", short = 'r', value_name = "NAME")]
    readers: Vec<String>,
    /// Fail if the lag of a reader is larger: events (`warn=100,crit=1000`), time (`warn=30s,crit=5m`), or both
    #[arg(long, value_name = "LIMITS")]
    check: Option<Limits>,
    /// Format, instead of -o
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<LagFormat>,
}

/// The formats of this verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LagFormat {
    /// Human-readable
    Table,
    /// One line for a monitoring plugin, with performance data
    Nagios,
    /// Prometheus's text format
    Prometheus,
    /// A JSON array
    Json,
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let found = collect(&args, session).await;
    let Some(limits) = &args.check else {
        return show(&args, session, &found?, &Verdict::default());
    };
    let readers = match found {
        Ok(readers) => readers,
        Err(failure @ (Failure::Connection(_) | Failure::NotPermitted(_) | Failure::NotFound(_))) => {
            if args.format == Some(LagFormat::Nagios) {
                let mut output = session.output()?;
                output.text(&format!("LAG UNKNOWN - {failure}\n"))?;
                output.finish()?;
            } else {
                let _ = failure.report();
            }
            return Err(Failure::ExitCode(Status::Unknown.code()));
        }
        Err(failure) => return Err(failure),
    };
    let verdict = limits.judge(&readers);
    show(&args, session, &readers, &verdict)?;
    match verdict.status() {
        Status::Ok => Ok(()),
        status => Err(Failure::ExitCode(status.code())),
    }
}

async fn collect(args: &Args, session: &Session) -> Result<Vec<Reader>, Failure> {
    let connection = session.connect().await?;
    let mut readers = readers::all(&connection).await?;
    for name in &args.readers {
        if !readers.iter().any(|reader| reader.name == *name) {
            return Err(Failure::NotFound(format!("there is no reader `{name}`")));
        }
    }
    readers.retain(|reader| args.readers.is_empty() || args.readers.contains(&reader.name));
    Ok(readers)
}

fn show(args: &Args, session: &Session, readers: &[Reader], verdict: &Verdict) -> Result<(), Failure> {
    let mut output = match args.format {
        None | Some(LagFormat::Nagios | LagFormat::Prometheus) => session.output()?,
        Some(LagFormat::Table) => session.output_in(Format::Table)?,
        Some(LagFormat::Json) => session.output_in(Format::Json)?,
    };
    match args.format {
        Some(LagFormat::Nagios) => output.text(&formats::nagios(readers, verdict, args.check.as_ref()))?,
        Some(LagFormat::Prometheus) => output.text(&formats::prometheus(readers))?,
        _ => output.rows(readers, |times| table(readers, verdict, times))?,
    }
    output.finish()
}

fn table(readers: &[Reader], verdict: &Verdict, times: &Times) -> Table {
    let dim = Style::new().dimmed();
    let mut table = Table::new(&[
        "READER", "KIND", "SERVICE", "AT", "BEHIND", "FOR", "UNACKED", "ACTIVE", "",
    ]);
    for reader in readers {
        let number =
            |number: Option<u64>| Cell::number(number.map_or("?".to_owned(), |number| number.to_string()));
        let status = verdict.of(&reader.name);
        table.row([
            Cell::text(&reader.name),
            Cell::text(reader.kind.as_str()).styled(dim),
            Cell::text(reader.service.unwrap_or("-")),
            number(reader.sequence),
            number(reader.lag_events).styled(colour(status)),
            Cell::number(behind_for(reader)).styled(colour(status)),
            Cell::number(
                reader
                    .unacknowledged
                    .map_or("-".to_owned(), |count| count.to_string()),
            ),
            Cell::text(reader.active_at.map_or("-".to_owned(), |at| times.date_time(at))).styled(dim),
            Cell::text(remark(reader)).styled(AnsiColor::Red.on_default()),
        ]);
    }
    table
}

fn behind_for(reader: &Reader) -> String {
    match reader.lag_seconds {
        None => "?".to_owned(),
        Some(0.0) => "-".to_owned(),
        Some(seconds) => duration(Duration::from_secs_f64(seconds)),
    }
}

/// The remark besides the numbers.
fn remark(reader: &Reader) -> &'static str {
    match reader.state {
        State::Missing => "missing",
        State::OtherLog => "of a replaced log",
        State::Ok if !reader.is_declared() => "not declared",
        State::Ok => "",
    }
}

fn colour(status: Status) -> Style {
    match status {
        Status::Ok => Style::new(),
        Status::Warning | Status::Unknown => AnsiColor::Yellow.on_default(),
        Status::Critical => AnsiColor::Red.on_default(),
    }
}
