//! `events tail`: the log, or what was selected of it, in order.

use anstyle::{AnsiColor, Style};
use common::event::{STREAM, header};

use crate::{
    entry::Entry,
    failure::Failure,
    log::Log,
    output::{Times, gist, short_type},
    selection::Selection,
    session::Session,
};

/// Show events in the order of the log, up to its present end
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Wait for what is still to come, also over a restart of the server
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    selection: Selection,
}

/// The characters of a body that one line shows.
const GIST: usize = 100;

/// Shows them.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let selection = args.selection.check()?;
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let mut entries = selection.read(&log, args.follow).await?;
    while let Some(batch) = entries.next_batch().await? {
        for entry in batch {
            output.item(&entry.document(), |times| line(&entry, times), &entry.payload)?;
        }
        output.flush()?;
    }
    output.finish()
}

fn line(entry: &Entry, times: &Times) -> String {
    let (dim, cyan) = (Style::new().dimmed(), AnsiColor::Cyan.on_default());
    let time = times.date_time(entry.time());
    let type_name = entry.type_name().unwrap_or_default();
    let aggregate = entry.aggregate().map_or("", |parts| parts.id);
    let version = entry
        .version()
        .map_or(String::new(), |version| format!("v{version}"));
    let actor = entry.header(header::ACTOR).unwrap_or_default();
    let gist = gist(&entry.payload, GIST);
    let sequence = entry.sequence;
    let problem = entry.problem().map_or(String::new(), |problem| {
        let red = AnsiColor::Red.on_default();
        format!("{red}{problem}{red:#}  ")
    });
    format!(
        "{sequence:>6}  {dim}{time}{dim:#}  {cyan}{:<20}{cyan:#}  {aggregate} {version}  {dim}{actor}{dim:#}  {problem}{gist}\n",
        short_type(&type_name)
    )
}
