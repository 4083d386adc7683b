//! `events tail`: the log, or a selection of it, in order.

use common::event::STREAM;

use crate::{
    failure::Failure,
    log::Log,
    output::{full, line},
    selection::Selection,
    session::Session,
};

/// Show events in the order of the log, up to its current end
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Wait for new events, also across restarts of the server
    #[arg(long, short)]
    follow: bool,
    /// Show every event in full instead of one line
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let selection = args.selection.check()?;
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut entries = selection.read(&log, args.follow).await?;
    while let Some(batch) = entries.next_batch().await? {
        for entry in batch {
            let human = if args.full { full } else { line };
            output.item(&entry.document(), |times| human(&entry, times), &entry.payload)?;
        }
        output.flush()?;
    }
    output.finish()
}
