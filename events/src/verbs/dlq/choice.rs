//! Which dead letters.

use common::event::{DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECT_PREFIX, header};
use regex::Regex;

use super::letter::Letter;
use crate::{
    connection::Connection,
    failure::Failure,
    log::{End, Log, Scan, Start},
    selection::Moment,
};

/// Which dead letters, by what is known of them.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which letters")]
#[group(skip)]
pub(super) struct Filter {
    /// Of this consumer
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Whose reason holds this: words or a regular expression
    #[arg(long, value_name = "REGEX")]
    reason: Option<Regex>,
    /// Filed before this time, or longer ago than this (`2h`)
    #[arg(long, value_name = "TIME")]
    older: Option<Moment>,
    /// Filed at this time or later, or not longer ago than this (`2h`)
    #[arg(long, value_name = "TIME")]
    newer: Option<Moment>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.consumer.is_none() && self.reason.is_none() && self.older.is_none() && self.newer.is_none()
    }

    /// The letters it chooses, oldest first.
    pub(super) async fn letters(&self, connection: &Connection) -> Result<Vec<Letter>, Failure> {
        let subjects = match &self.consumer {
            Some(name) if name.is_empty() || name.contains(['.', '*', '>', ' ']) => {
                return Err(Failure::usage(format!("`{name}` is no consumer's name")));
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
            let batch = batch.into_iter().map(Letter::of);
            letters.extend(batch.filter(|letter| self.chooses(letter)));
        }
        Ok(letters)
    }

    fn chooses(&self, letter: &Letter) -> bool {
        let reason = self.reason.as_ref();
        self.older.is_none_or(|time| letter.filed_at() < time.time())
            && reason.is_none_or(|reason| reason.is_match(&letter.reason))
    }
}

/// Letters by name, or by what is known of them, or all.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(super) struct Choice {
    /// Numbers of letters, as `dlq list` shows them, or ids of their events
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    filter: Filter,
    /// Every letter there is
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

impl Choice {
    /// Whether it names one letter and no more.
    pub(super) fn is_single(&self) -> bool {
        self.ids.len() == 1
    }

    /// Checks that it chooses something.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match (self.ids.is_empty(), self.filter.is_empty(), self.all) {
            (true, true, false) => Err(Failure::usage("which letters? Give IDs, a filter, or --all")),
            (false, false, _) => Err(Failure::usage("either IDs or a filter")),
            _ => Ok(()),
        }
    }

    /// The letters.
    pub(super) async fn letters(&self, connection: &Connection) -> Result<Vec<Letter>, Failure> {
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

/// The letter of that number, or those of that event: more consumers than one may have filed it.
pub(super) async fn named(connection: &Connection, id: &str) -> Result<Vec<Letter>, Failure> {
    let found: Vec<Letter> = match id.parse() {
        Ok(number) => {
            let log = Log::open(connection, DEAD_LETTER_STREAM).await?;
            log.get(number).await?.map(Letter::of).into_iter().collect()
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
