//! `events show`: single events in full.

use common::event::STREAM;

use crate::{
    failure::{Failure, warn},
    find::find,
    log::Log,
    output::full,
    session::Session,
};

/// Show events in full, by id or by sequence
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An event's id, or its sequence in the log
    #[arg(value_name = "ID|SEQ", required = true)]
    events: Vec<String>,
}

/// Runs the verb, in the order of the arguments; missing events are reported at the end.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut missing = Vec::new();
    for event in &args.events {
        match find(&log, event).await? {
            Some(entry) => output.item(&entry.document(), |times| full(&entry, times), &entry.payload)?,
            None => missing.push(event.as_str()),
        }
    }
    output.finish()?;
    let Some((last, others)) = missing.split_last() else {
        return Ok(());
    };
    let not_there = |event: &str| format!("the log has no event {event}");
    for event in others {
        warn(&not_there(event));
    }
    Err(Failure::NotFound(not_there(last)))
}
