//! Which events: by place, time, type, aggregate, subject, actor, header, or any condition.
//!
//! What the server can filter is filtered there; the rest here, on several cores.

mod filter;
mod moment;
mod predicate;
mod recent;
mod subjects;

use std::{num::NonZero, sync::Arc};

use futures::{StreamExt as _, stream::BoxStream};

pub use self::moment::Moment;
pub use self::subjects::overlaps;
use self::{filter::Filter, subjects::Subjects};
use crate::{
    entry::Entry,
    failure::{Failure, chain},
    log::{End, Log, Reader, Scan, Start},
};

/// Which events.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
#[group(skip)]
pub struct Selection {
    /// Stored at this time or later: RFC 3339, a date, or how long ago (`2h`, `3d`)
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Stored before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// From this sequence on
    #[arg(long, value_name = "N", conflicts_with = "since")]
    from_seq: Option<u64>,
    /// Up to and with this sequence
    #[arg(long, value_name = "N")]
    to_seq: Option<u64>,
    /// Only the last N that match
    #[arg(long, short = 'n', value_name = "N")]
    last: Option<usize>,
    /// Type: `post.published`, any version; `blog.post.published.v2`; `post`. Repeat for several
    #[arg(long = "type", short = 't', value_name = "TYPE")]
    types: Vec<String>,
    /// Aggregate: `post:<id>`, or just its id. Repeat for several
    #[arg(long, short = 'a', value_name = "AGGREGATE")]
    aggregate: Vec<String>,
    /// Subject, with wildcards as NATS has them. Repeat for several
    #[arg(long, value_name = "SUBJECT")]
    subject: Vec<String>,
    /// Who did it: `user:<id>`, `service:<name>`, or just the id or name
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Header with that value. Repeat to ask for several
    #[arg(long, value_name = "NAME=VALUE")]
    header: Vec<String>,
    /// Condition in jq's language on the event as JSON, e.g. '.data.content.tags | index("rust")'
    #[arg(long = "where", value_name = "JQ")]
    condition: Option<String>,
}

impl Selection {
    /// Only one aggregate, for verbs that ask for it in another way.
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

    /// Whether it takes all events of each aggregate that it takes any of, from some point on.
    pub fn has_whole_aggregates(&self) -> bool {
        self.types.is_empty()
            && self.subject.is_empty()
            && self.actor.is_none()
            && self.header.is_empty()
            && self.condition.is_none()
    }

    /// Whether it leaves out nothing of the log's beginning.
    pub fn has_the_beginning(&self) -> bool {
        self.since.is_none() && self.from_seq.is_none() && self.last.is_none()
    }

    /// Checks what was asked, before any server is.
    ///
    /// # Errors
    /// If something of it cannot be understood.
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

/// A selection that was understood.
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
    /// Reads what was selected of `log`: up to its head, or, if `follow`, for ever.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn read(&self, log: &Log, follow: bool) -> Result<Entries, Failure> {
        let end = match (self.to, follow) {
            (Some(to), true) => return Ok(self.entries(log.read(self.scan(log, End::Sequence(to))))),
            (Some(to), false) => to.min(log.head),
            (None, _) => log.head,
        };
        let Some(last) = self.last else {
            let end = if follow { End::Follow } else { End::Sequence(end) };
            return Ok(self.entries(log.read(self.scan(log, end))));
        };
        let recent = recent::last(self, log, end, last).await?;
        let rest = Scan {
            start: Start::Sequence(log.head + 1),
            end: if follow {
                End::Follow
            } else {
                End::Sequence(log.head)
            },
            subjects: self.subjects.clone(),
        };
        let mut entries = self.entries(log.read(rest));
        entries.batches = futures::stream::iter([Ok(recent)]).chain(entries.batches).boxed();
        Ok(entries)
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

    /// What the filter lets pass of `reader`, filtered on several cores, in order.
    fn entries(&self, reader: Reader) -> Entries {
        let batches = futures::stream::try_unfold(reader, async |mut reader| {
            let batch = reader.next_batch().await?;
            Ok(batch.map(|batch| (batch, reader)))
        });
        let filter = self.filter.clone();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let batches = batches
            .map(move |batch| filtered(filter.clone(), batch))
            .buffered(cores + 1)
            .boxed();
        Entries {
            batches,
            filter: self.filter.clone(),
            ended: false,
        }
    }
}

async fn filtered(filter: Arc<Filter>, batch: Result<Vec<Entry>, Failure>) -> Result<Vec<Entry>, Failure> {
    let mut batch = batch?;
    if filter.is_cheap() {
        batch.retain(|entry| filter.passes(entry));
        return Ok(batch);
    }
    let work = tokio::task::spawn_blocking(move || {
        batch.retain(|entry| filter.passes(entry));
        batch
    });
    work.await
        .map_err(|error| Failure::usage(format!("--where broke down: {}", chain(&error))))
}

/// The selected entries, in order.
pub struct Entries {
    batches: BoxStream<'static, Result<Vec<Entry>, Failure>>,
    filter: Arc<Filter>,
    ended: bool,
}

impl std::fmt::Debug for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries")
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

impl Entries {
    /// The next entries, as soon as there is one; `None` after the last. Never an empty batch.
    ///
    /// # Errors
    /// If the log cannot be read any more.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        while let Some(batch) = self.batches.next().await {
            let batch = batch?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
        if !std::mem::replace(&mut self.ended, true) {
            self.filter.warn_of_errors();
        }
        Ok(None)
    }
}
