//! `events replay`: redelivers events, as copies on another subject or by resetting a durable consumer.

mod consumer;
mod subject;

use std::path::PathBuf;

use common::event::STREAM;

use self::subject::{Rate, Target};
use crate::{confirm, failure::Failure, log::Log, selection::Selection, session::Session};

/// Replay events to another subject, or reset a durable consumer
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Publish copies to this subject, outside the platform's own; a final `>` is replaced by the event's subject
    #[arg(long, value_name = "SUBJECT", required_unless_present = "consumer")]
    to_subject: Option<Target>,
    /// Reset this durable consumer to the first selected event, from which it receives its events again
    #[arg(long, value_name = "NAME", conflicts_with_all = ["to_subject", "rate", "resume"])]
    consumer: Option<String>,
    /// Maximum rate, e.g. 500/s
    #[arg(long, value_name = "N/s")]
    rate: Option<Rate>,
    /// Record the position in this file, and continue from it
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    confirm: confirm::Args,
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let selection = args.selection.check()?;
    let output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut entries = selection.read(&log, false).await?;
    match (args.to_subject, args.consumer) {
        (Some(target), _) => {
            let replay = subject::Replay::new(&connection, target, args.rate, args.resume, &log)?;
            replay.run(&mut entries, args.confirm, output).await
        }
        (None, Some(name)) => {
            let first = entries.next_batch().await?;
            let first = first.and_then(|batch| batch.first().map(|entry| entry.sequence));
            let first =
                first.ok_or_else(|| Failure::NotFound("no event matches the selection".to_owned()))?;
            consumer::reset(&connection, &name, first, args.confirm, output).await
        }
        (None, None) => Err(Failure::usage("either --to-subject or --consumer is required")),
    }
}
