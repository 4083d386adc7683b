//! `events import`: restores a log from an export: the same messages in the same order, with the same sequences if none
//! is missing.

mod publisher;
mod source;

use std::{path::PathBuf, time::Instant};

use common::event::STREAM;
use serde::Serialize;

use self::{
    publisher::Publisher,
    source::{Item, Source},
};
use crate::{
    connection::Connection,
    failure::{Failure, warn},
    log::Log,
    progress::Progress,
    record::Message,
    session::Session,
};

/// Fill an empty log from an export
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The export, compressed or not [default: standard input]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Continue an interrupted import of the same export
    #[arg(long)]
    resume: bool,
    /// Add to a log that is not empty
    #[arg(long, conflicts_with = "resume")]
    append: bool,
    /// Validate the whole export and the log, but write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The result.
#[derive(Debug, Default, Serialize)]
struct Summary {
    imported: u64,
    /// Present from an interrupted import.
    skipped: u64,
    /// The log's last sequence.
    last_sequence: u64,
    /// Sequences missing from the export; after them the new log's sequences differ.
    missing: u64,
    dry_run: bool,
    seconds: f64,
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let mut output = session.output()?;
    let mut source = Source::open(args.file.as_deref())?;
    let connection = session.connect().await?;
    let log = open(&connection).await?;
    let started = Instant::now();
    let mut import = Import {
        skip: skip(&args, &log)?,
        next_sequence: (!args.append).then_some(1),
        log,
        summary: Summary {
            dry_run: args.dry_run,
            ..Summary::default()
        },
        seen: 0,
    };
    let mut publisher = Publisher::open(&connection, import.log.head).await?;
    // Watched as a whole: a denial is reported some time after the denied request.
    let done = connection
        .allowed(import.all(&mut source, &mut publisher))
        .await
        .flatten();
    let restored = publisher.restore().await;
    done.and(restored)?;
    let summary = Summary {
        last_sequence: publisher.stored(),
        seconds: started.elapsed().as_secs_f64(),
        ..import.summary
    };
    output.document(&summary, |_| in_words(&summary))?;
    output.finish()
}

async fn open(connection: &Connection) -> Result<Log, Failure> {
    match Log::open(connection, STREAM).await {
        Err(Failure::NotFound(reason)) => Err(Failure::NotFound(format!(
            "{reason}; provision it first, e.g. with `posts provision`"
        ))),
        log => log,
    }
}

/// The number of messages of the export that are in the log already.
fn skip(args: &Args, log: &Log) -> Result<u64, Failure> {
    if log.head == 0 || args.append {
        return Ok(0);
    }
    let (messages, head) = (log.messages, log.head);
    if !args.resume {
        return Err(Failure::usage(format!(
            "the log is not empty ({messages} messages, last sequence {head}): --resume continues an interrupted \
             import, --append adds to it"
        )));
    }
    if log.first != 1 || messages != head {
        return Err(Failure::usage(
            "the log has gaps, so it was not filled by an import",
        ));
    }
    Ok(head)
}

struct Import {
    log: Log,
    /// The number of messages of the export that are in the log already.
    skip: u64,
    /// The number of messages read.
    seen: u64,
    /// The expected sequence of the next message of the export; none if it is appended.
    next_sequence: Option<u64>,
    summary: Summary,
}

impl Import {
    async fn all(&mut self, source: &mut Source, publisher: &mut Publisher) -> Result<(), Failure> {
        let mut progress = Progress::new("events", None);
        while let Some(mut items) = source.next().await? {
            for item in &items {
                self.note(item).await?;
            }
            let before = self.seen - items.len() as u64;
            let skipped = self.skip.saturating_sub(before).min(items.len() as u64);
            items.drain(..usize::try_from(skipped).unwrap_or(usize::MAX));
            self.summary.skipped += skipped;
            self.summary.imported += items.len() as u64;
            if !self.summary.dry_run {
                publisher.put(items).await?;
                progress.at(publisher.next_sequence() - 1);
            }
        }
        if self.seen < self.skip {
            return Err(Failure::usage(format!(
                "the log holds {} messages, the export only {}: it is a different export",
                self.skip, self.seen
            )));
        }
        publisher.finish().await
    }

    /// Counts a message, reports missing ones before it, and checks that the log has the same message at its sequence.
    async fn note(&mut self, item: &Item) -> Result<(), Failure> {
        self.seen += 1;
        if let (Some(expected), Some(sequence)) = (self.next_sequence, item.sequence) {
            if sequence > expected {
                if self.summary.missing == 0 {
                    let last = sequence - 1;
                    warn(&format!(
                        "the export lacks sequences {expected} to {last}; from here on the log's sequences are lower"
                    ));
                }
                self.summary.missing += sequence - expected;
            }
            self.next_sequence = Some(sequence + 1);
        }
        if self.skip > 0 && (self.seen == 1 || self.seen == self.skip) {
            let stored = self.log.get(self.seen).await?;
            if stored.is_none_or(|entry| Message::of(&entry) != item.message) {
                return Err(Failure::usage(format!(
                    "line {} is not what the log has at sequence {}: it is a different export",
                    item.line, self.seen
                )));
            }
        }
        Ok(())
    }
}

fn in_words(summary: &Summary) -> String {
    let Summary {
        imported,
        skipped,
        last_sequence,
        missing,
        dry_run,
        seconds,
    } = summary;
    let verb = if *dry_run { "would be imported" } else { "imported" };
    let rate = *imported as f64 / seconds.max(0.001);
    let mut text = format!(
        "{imported} events {verb} in {seconds:.1} s ({rate:.0}/s); the log's last sequence is {last_sequence}\n"
    );
    if *skipped > 0 {
        text += &format!("{skipped} were already present\n");
    }
    if *missing > 0 {
        text += &format!("{missing} sequences are missing in the export\n");
    }
    text
}
