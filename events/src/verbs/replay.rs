//! `events replay`: events once more, as copies under another subject or by setting a durable consumer back.

mod consumer;
mod subject;

use std::path::PathBuf;

use common::event::STREAM;

use self::subject::{Rate, Target};
use crate::{consent, failure::Failure, log::Log, selection::Selection, session::Session};

/// Publish events once more under another subject, or set a durable consumer back
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Publish copies to this subject outside the platform's own; `>` at its end stands for the event's subject
    #[arg(long, value_name = "SUBJECT", required_unless_present = "consumer")]
    to_subject: Option<Target>,
    /// Set this durable consumer back to the first selected event: it gets all it consumes from there on again
    #[arg(long, value_name = "NAME", conflicts_with_all = ["to_subject", "rate", "resume"])]
    consumer: Option<String>,
    /// At most so many a second, e.g. 500/s
    #[arg(long, value_name = "N/s")]
    rate: Option<Rate>,
    /// Note in this file how far it came, and go on from there
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    consent: consent::Args,
}

/// Replays.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let selection = args.selection.check()?;
    let output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut entries = selection.read(&log, false).await?;
    match (args.to_subject, args.consumer) {
        (Some(target), _) => {
            let replay = subject::Replay::new(&connection, target, args.rate, args.resume, &log)?;
            replay.run(&mut entries, args.consent, output).await
        }
        (None, Some(name)) => {
            let first = entries.next_batch().await?;
            let first = first.and_then(|batch| batch.first().map(|entry| entry.sequence));
            let first = first.ok_or_else(|| Failure::NotFound("no event was selected".to_owned()))?;
            consumer::set_back(&connection, &name, first, args.consent, output).await
        }
        (None, None) => Err(Failure::usage("--to-subject or --consumer?")),
    }
}
