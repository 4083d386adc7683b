//! The selection of dead letters.

use common::event::{DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECT_PREFIX, header};
use regex::Regex;

use super::dead_letter::DeadLetter;
use crate::{
    connection::Connection,
    failure::Failure,
    log::{End, Log, Scan, Start},
    selection::Moment,
};

/// A filter of dead letters.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Dead letters")]
#[group(skip)]
pub(super) struct Filter {
    /// Only those of this consumer
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Only those whose reason matches this text or regular expression
    #[arg(long, value_name = "REGEX")]
    reason: Option<Regex>,
    /// Only those filed before this time or age (`2h`)
    #[arg(long, value_name = "TIME")]
    older: Option<Moment>,
    /// Only those filed at or after this time or age (`2h`)
    #[arg(long, value_name = "TIME")]
    newer: Option<Moment>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.consumer.is_none() && self.reason.is_none() && self.older.is_none() && self.newer.is_none()
    }

    /// The matching dead letters, oldest first.
    pub(super) async fn letters(&self, connection: &Connection) -> Result<Vec<DeadLetter>, Failure> {
        let subjects = match &self.consumer {
            Some(name) if name.is_empty() || name.contains(['.', '*', '>', ' ']) => {
                return Err(Failure::usage(format!("`{name}` is not a consumer's name")));
            }
            Some(name) => vec![format!("{DEAD_LETTER_SUBJECT_PREFIX}.{name}")],
            None => Vec::new(),
        };
        let log = Log::open(connection, DEAD_LETTER_STREAM).await?;
        let start = match self.newer {
            Some(time) => Start::Time(time.time()),
            None => Start::Sequence(log.first),
        };
        let mut reader = log.read(Scan {
            start,
            end: End::Sequence(log.head),
            subjects,
        });
        let mut letters = Vec::new();
        while let Some(batch) = reader.next_batch().await? {
            let batch = batch.into_iter().map(DeadLetter::of);
            letters.extend(batch.filter(|letter| self.chooses(letter)));
        }
        Ok(letters)
    }

    fn chooses(&self, letter: &DeadLetter) -> bool {
        let reason = self.reason.as_ref();
        self.older.is_none_or(|time| letter.filed_at() < time.time())
            && reason.is_none_or(|reason| reason.is_match(&letter.reason))
    }
}

/// Dead letters by id, by a filter, or all.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(super) struct Choice {
    /// Numbers of dead letters, as shown by `dlq list`, or ids of their events
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// Every dead letter
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

impl Choice {
    /// Whether it names exactly one dead letter.
    pub(super) fn is_single(&self) -> bool {
        self.ids.len() == 1
    }

    /// Checks that a selection is given.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match (self.ids.is_empty(), self.filter.is_empty(), self.all) {
            (true, true, false) => Err(Failure::usage("IDs, a filter, or --all is required")),
            (false, false, _) => Err(Failure::usage("IDs and a filter exclude each other")),
            _ => Ok(()),
        }
    }

    /// The selected dead letters.
    pub(super) async fn letters(&self, connection: &Connection) -> Result<Vec<DeadLetter>, Failure> {
        if self.ids.is_empty() {
            return self.filter.letters(connection).await;
        }
        let mut letters = Vec::new();
        for id in &self.ids {
            letters.extend(named(connection, id).await?);
        }
        Ok(letters)
    }
}

/// The dead letter with that number, or those of that event: several consumers may have filed it.
pub(super) async fn named(connection: &Connection, id: &str) -> Result<Vec<DeadLetter>, Failure> {
    let found: Vec<DeadLetter> = match id.parse() {
        Ok(number) => {
            let log = Log::open(connection, DEAD_LETTER_STREAM).await?;
            log.get(number).await?.map(DeadLetter::of).into_iter().collect()
        }
        Err(_) => {
            let mut letters = Filter::default().letters(connection).await?;
            letters.retain(|letter| letter.entry.header(header::ID).is_some_and(|found| found == id));
            letters
        }
    };
    if found.is_empty() {
        return Err(Failure::NotFound(format!("there is no dead letter {id}")));
    }
    Ok(found)
}
