//! The moderators' queue: what stands how, for how long, reported by whom.

use common::{
    event::{Outcome, TargetKind, Timestamp},
    ids::UserId,
};
use mongodb::{
    IndexModel,
    bson::{Document, doc, serialize_to_bson},
};
use runtime::store::StoreError;

use super::{cases::Record, index};

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What stands so.
    Decided(Outcome),
    /// What has open reports, however it stands.
    Reported,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// The sort keys of an entry.
pub type Place = (Timestamp, String);

/// Which part of the queue is wanted.
#[derive(Debug, Clone)]
pub struct QueueQuery {
    pub standing: Standing,
    pub kind: Option<TargetKind>,
    /// Only what this person has an open report of.
    pub reporter: Option<UserId>,
    /// Only what stands so since before.
    pub older_than: Option<Timestamp>,
    /// Only what stands so since then, or later.
    pub newer_than: Option<Timestamp>,
    pub order: Order,
    /// The last entry of the page before.
    pub after: Option<Place>,
    pub limit: u32,
}

const DECIDED_AT: &str = "state.decision.decided_at";
const REPORTED_SINCE: &str = "reports.since";

/// The indexes of the queue. Each begins with what is asked by equality and ends with the order, so that a page reads
/// its own entries and no others.
pub(super) fn indexes() -> [IndexModel; 4] {
    let text = Some("text");
    let reported = Some("reports");
    [
        index(
            "queue",
            doc! { "state.decision.outcome": 1, DECIDED_AT: 1, "_id": 1 },
            text,
        ),
        index(
            "queue_by_kind",
            doc! { "state.decision.outcome": 1, "state.target.kind": 1, DECIDED_AT: 1, "_id": 1 },
            text,
        ),
        index("reported", doc! { REPORTED_SINCE: 1, "_id": 1 }, reported),
        index(
            "reported_by",
            doc! { "reports.reporters": 1, DECIDED_AT: 1, "_id": 1 },
            reported,
        ),
    ]
}

impl QueueQuery {
    /// The query of it. Index `queue`, `queue_by_kind`, `reported` or `reported_by`, as its fields say.
    ///
    /// # Errors
    /// None that could happen: an outcome can be written.
    pub fn filter(&self) -> Result<Document, StoreError> {
        // What was deleted has no text, and is in no queue.
        let mut filter = doc! { "text": { "$exists": true } };
        match self.standing {
            Standing::Decided(outcome) => {
                filter.insert("state.decision.outcome", serialize_to_bson(&outcome)?);
            }
            Standing::Reported => {
                filter.insert("reports", doc! { "$exists": true });
            }
        }
        if let Some(kind) = self.kind {
            filter.insert("state.target.kind", kind.as_str());
        }
        if let Some(reporter) = self.reporter {
            filter.insert("reports", doc! { "$exists": true });
            filter.insert("reports.reporters", reporter.to_string());
        }
        let mut within = Document::new();
        if let Some(time) = self.newer_than {
            within.insert("$gte", time.to_string());
        }
        if let Some(time) = self.older_than {
            within.insert("$lt", time.to_string());
        }
        if !within.is_empty() {
            filter.insert(self.key(), within);
        }
        if let Some((time, id)) = &self.after {
            let (bound, beyond) = match self.order {
                Order::OldestFirst => ("$gte", "$gt"),
                Order::NewestFirst => ("$lte", "$lt"),
            };
            let (key, time) = (self.key(), time.to_string());
            let further = doc! { key: { beyond: &time } };
            let beside = doc! { key: &time, "_id": { beyond: id } };
            // The bound is for the index; those of the same millisecond that were shown are left out after it.
            filter.insert(
                "$and",
                [doc! { key: { bound: &time } }, doc! { "$or": [further, beside] }],
            );
        }
        Ok(filter)
    }

    /// Its order.
    pub fn sort(&self) -> Document {
        let direction = match self.order {
            Order::OldestFirst => 1,
            Order::NewestFirst => -1,
        };
        doc! { self.key(): direction, "_id": direction }
    }

    /// The place of an entry.
    pub fn place(&self, record: &Record) -> Place {
        (self.since(record), record.case.target.id.to_string())
    }

    /// Since when an entry stands as is asked.
    pub fn since(&self, record: &Record) -> Timestamp {
        let reported = record.reports.as_ref().map(|reports| reports.since);
        match self.standing {
            Standing::Reported => reported.unwrap_or(record.case.decision.decided_at),
            Standing::Decided(_) => record.case.decision.decided_at,
        }
    }

    fn key(&self) -> &'static str {
        match self.standing {
            Standing::Reported => REPORTED_SINCE,
            Standing::Decided(_) => DECIDED_AT,
        }
    }
}
