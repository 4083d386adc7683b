//! `events stats`: numbers, sizes and rates of events. Memory use does not grow with their number.

mod plot;
mod tally;
mod view;

use std::{str::FromStr, time::Duration};

use common::event::{STREAM, header};
use jiff::{Span, SpanRelativeTo};

use self::tally::Tally;
use crate::{
    entry::Entry, failure::Failure, log::Log, output::short_type, selection::Selection, session::Session,
};

/// Count events by type, aggregate or service, with their sizes and rates over time
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Grouping
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = By::Type)]
    by: By,
    /// Width of a time step, e.g. 1h [default: chosen to fit]
    #[arg(long, value_name = "TIME")]
    bucket: Option<Bucket>,
    /// Time to count by
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Which::Event)]
    time: Which,
    #[command(flatten)]
    selection: Selection,
}

/// The grouping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// Event type with its version
    Type,
    /// Kind of aggregate
    Aggregate,
    /// Publishing service
    Service,
}

/// The time of an event to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    /// Commit time, from the event
    Event,
    /// Time when the log stored it
    Stored,
}

/// The width of a time step.
#[derive(Debug, Clone, Copy)]
struct Bucket(Duration);

impl FromStr for Bucket {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span: Option<Span> = text.parse().ok();
        span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
            .and_then(|duration| Duration::try_from(duration).ok())
            .filter(|duration| duration.as_secs() > 0)
            .map(Self)
            .ok_or_else(|| "must be a duration of a second or more, e.g. 30s, 5m, 1h, 1d".to_owned())
    }
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let selection = args.selection.check()?;
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut tally = Tally::new(args.bucket.map(|bucket| bucket.0));
    let mut entries = selection.read(&log, false).await?;
    while let Some(batch) = entries.next_batch().await? {
        for entry in &batch {
            let time = match args.time {
                Which::Event => entry.time(),
                Which::Stored => entry.stored_at,
            };
            tally.count(&key(entry, args.by), time.as_millis(), size(entry))?;
        }
    }
    let report = tally.report();
    output.document(&report, |times| view::view(&report, times))?;
    output.finish()
}

fn key(entry: &Entry, by: By) -> String {
    let key = match by {
        By::Type => entry
            .type_name()
            .map(|type_name| short_type(&type_name).to_owned()),
        By::Aggregate => entry.aggregate().map(|parts| parts.kind.to_owned()),
        By::Service => entry.header(header::SOURCE).map(|source| {
            let service = source.strip_prefix("/inkstream/");
            service.unwrap_or(&source).to_owned()
        }),
    };
    key.unwrap_or_else(|| "(none)".to_owned())
}

/// The bytes of headers and body.
fn size(entry: &Entry) -> u64 {
    let headers = entry.headers.iter().map(|(name, values)| {
        let name: &str = name.as_ref();
        values
            .iter()
            .map(|value| name.len() + value.as_str().len() + 4)
            .sum::<usize>()
    });
    (entry.payload.len() + headers.sum::<usize>()) as u64
}
