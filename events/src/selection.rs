//! The selection of events: by sequence, time, type, aggregate, subject, actor, header, or any condition.
//!
//! The server applies the filters that it supports; the others are applied here, on several cores.

mod entries;
mod filter;
mod moment;
mod predicate;
mod recent;
mod subjects;

use std::sync::Arc;

pub use self::entries::Entries;
pub use self::moment::Moment;
pub use self::subjects::overlaps;
use self::{filter::Filter, subjects::Subjects};
use crate::{
    failure::Failure,
    log::{End, Log, Scan, Start},
};

/// The selection of events.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
#[group(skip)]
pub struct Selection {
    /// Stored at this time or later: RFC 3339, a date, or an age (`2h`, `3d`)
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Stored before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// First sequence
    #[arg(long, value_name = "N", conflicts_with = "since")]
    from_seq: Option<u64>,
    /// Last sequence
    #[arg(long, value_name = "N")]
    to_seq: Option<u64>,
    /// Only the last N matches
    #[arg(long, short = 'n', value_name = "N")]
    last: Option<usize>,
    /// Type: `post.published`, any version; `blog.post.published.v1`; `post`. Repeat for several
    #[arg(long = "type", short = 't', value_name = "TYPE")]
    types: Vec<String>,
    /// Aggregate: `post:<id>`, or only its id. Repeat for several
    #[arg(long, short = 'a', value_name = "AGGREGATE")]
    aggregate: Vec<String>,
    /// Subject, with NATS wildcards. Repeat for several
    #[arg(long, value_name = "SUBJECT")]
    subject: Vec<String>,
    /// Actor: `user:<id>`, `service:<name>`, or only the id or name
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Header with that value. Repeat to require several
    #[arg(long, value_name = "NAME=VALUE")]
    header: Vec<String>,
    /// jq condition on the event as JSON, e.g. '.data.content.tags | index("rust")'
    #[arg(long = "where", value_name = "JQ")]
    condition: Option<String>,
}

impl Selection {
    /// The events of one aggregate.
    pub fn of_aggregate(aggregate: &str) -> Self {
        Self {
            aggregate: vec![aggregate.to_owned()],
            ..Self::default()
        }
    }

    /// The latest event of one type.
    pub fn latest_of_type(name: &str) -> Self {
        Self {
            types: vec![name.to_owned()],
            last: Some(1),
            ..Self::default()
        }
    }

    /// Whether it includes, from some point on, all events of every aggregate of which it includes any.
    pub fn has_whole_aggregates(&self) -> bool {
        self.types.is_empty()
            && self.subject.is_empty()
            && self.actor.is_none()
            && self.header.is_empty()
            && self.condition.is_none()
    }

    /// Whether it includes the log's beginning.
    pub fn has_the_beginning(&self) -> bool {
        self.since.is_none() && self.from_seq.is_none() && self.last.is_none()
    }

    /// Validates the options before connecting.
    ///
    /// # Errors
    /// If an option is invalid.
    pub fn check(&self) -> Result<Checked, Failure> {
        let subjects = Subjects::new(&self.types, &self.aggregate, &self.subject)?;
        let filter = Filter::new(
            &subjects,
            self.until,
            self.actor.clone(),
            &self.header,
            self.condition.as_deref(),
        )?;
        Ok(Checked {
            since: self.since,
            from: self.from_seq,
            to: self.to_seq,
            last: self.last,
            subjects: subjects.at_the_server(),
            filter: Arc::new(filter),
        })
    }
}

/// A validated selection.
#[derive(Debug, Clone)]
pub struct Checked {
    since: Option<Moment>,
    from: Option<u64>,
    to: Option<u64>,
    last: Option<usize>,
    subjects: Vec<String>,
    filter: Arc<Filter>,
}

impl Checked {
    /// Reads the selected events of `log`: up to its head, or, if `follow`, forever.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn read(&self, log: &Log, follow: bool) -> Result<Entries, Failure> {
        let end = match (self.to, follow) {
            (Some(to), true) => return Ok(self.entries(log, self.scan(log, End::Sequence(to)))),
            (Some(to), false) => to.min(log.head),
            (None, _) => log.head,
        };
        let Some(last) = self.last else {
            let end = if follow { End::Follow } else { End::Sequence(end) };
            return Ok(self.entries(log, self.scan(log, end)));
        };
        let recent = recent::last(log, self.scan(log, End::Sequence(end)), &self.filter, last).await?;
        let rest = Scan {
            start: Start::Sequence(log.head + 1),
            end: if follow {
                End::Follow
            } else {
                End::Sequence(log.head)
            },
            subjects: self.subjects.clone(),
        };
        let mut entries = self.entries(log, rest);
        entries.prepend(recent);
        Ok(entries)
    }

    fn entries(&self, log: &Log, scan: Scan) -> Entries {
        Entries::new(log.read(scan), self.filter.clone())
    }

    fn scan(&self, log: &Log, end: End) -> Scan {
        let start = match (self.since, self.from) {
            (Some(since), _) => Start::Time(since.time()),
            (None, from) => Start::Sequence(from.unwrap_or(log.first)),
        };
        Scan {
            start,
            end,
            subjects: self.subjects.clone(),
        }
    }
}
