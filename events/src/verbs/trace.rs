//! `events trace`: causes and effects across services.

mod tree;

use std::collections::HashSet;

use common::event::{STREAM, header};

use self::tree::Tree;
use crate::{
    entry::Entry,
    failure::Failure,
    find::{find, since},
    log::Log,
    session::Session,
};

/// Show the tree of causes and effects of an event, across services and with times
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An event's id or sequence, or a correlation id
    #[arg(value_name = "ID|SEQ|CORRELATION")]
    id: String,
}

/// The most ancestors that are looked up.
const MAX_ANCESTORS: usize = 100;

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let mut output = session.output()?;
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let (asked, entries) = match find(&log, &args.id).await? {
        Some(entry) => {
            let asked = entry.sequence;
            (Some(asked), related(&log, entry).await?)
        }
        None => (None, correlated(&log, &args.id).await?),
    };
    if entries.is_empty() {
        let id = &args.id;
        return Err(Failure::NotFound(format!(
            "the log has no event and no correlation {id}"
        )));
    }
    let tree = Tree::new(&entries);
    output.document(&tree.nodes(), |times| tree.human(times, asked))?;
    output.finish()
}

/// All entries related to `entry`: its first cause, the effects of that, and all of the same request.
async fn related(log: &Log, entry: Entry) -> Result<Vec<Entry>, Failure> {
    let mut root = entry;
    for _ in 0..MAX_ANCESTORS {
        let Some(cause) = text(&root, header::CAUSATION_ID) else {
            break;
        };
        match find(log, &cause).await? {
            Some(cause) => root = cause,
            None => break,
        }
    }
    let correlation = text(&root, header::CORRELATION_ID).filter(|id| !id.is_empty());
    let mut ids: HashSet<String> = text(&root, header::ID).into_iter().collect();
    let begin = since(log, root.stored_at);
    // An effect follows its cause in the log, so one pass finds them all.
    collect(log, begin, |entry| {
        let of_request = correlation.is_some() && text(entry, header::CORRELATION_ID) == correlation;
        let caused = text(entry, header::CAUSATION_ID).is_some_and(|cause| ids.contains(&cause));
        let related = of_request || caused || entry.sequence == root.sequence;
        if related {
            ids.extend(text(entry, header::ID));
        }
        related
    })
    .await
}

async fn correlated(log: &Log, correlation: &str) -> Result<Vec<Entry>, Failure> {
    collect(log, log.all(), |entry| {
        entry
            .header(header::CORRELATION_ID)
            .is_some_and(|id| id == correlation)
    })
    .await
}

/// The entries that `wanted` accepts, in order, each id once.
async fn collect(
    log: &Log,
    scan: crate::log::Scan,
    mut wanted: impl FnMut(&Entry) -> bool,
) -> Result<Vec<Entry>, Failure> {
    let mut reader = log.read(scan);
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    while let Some(batch) = reader.next_batch().await? {
        for entry in batch {
            if wanted(&entry) && text(&entry, header::ID).is_none_or(|id| seen.insert(id)) {
                found.push(entry);
            }
        }
    }
    Ok(found)
}

fn text(entry: &Entry, name: &str) -> Option<String> {
    entry.header(name).map(|value| value.into_owned())
}
