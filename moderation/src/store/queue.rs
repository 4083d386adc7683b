//! The moderation queue: filters, order and pages.

use common::{
    api::moderation::{QueueOrder, QueueStatus},
    event::{Outcome, TargetKind, Timestamp},
    ids::UserId,
};
use mongodb::bson::{Document, doc, serialize_to_bson};
use runtime::store::{Index, ListOrder, StoreError};

use super::records::CaseRecord;

/// The sort keys of an entry.
pub type Position = (Timestamp, String);

/// A page of the queue.
#[derive(Debug, Clone)]
pub struct QueueQuery {
    pub status: QueueStatus,
    pub kind: Option<TargetKind>,
    /// Only entries that this user has an open report on.
    pub reporter: Option<UserId>,
    /// Only entries in this status since before.
    pub older_than: Option<Timestamp>,
    /// Only entries in this status since then, or later.
    pub newer_than: Option<Timestamp>,
    pub order: QueueOrder,
    /// The last entry of the previous page.
    pub after: Option<Position>,
    pub limit: u32,
}

const DECIDED_AT: &str = "state.decision.decided_at";
const REPORTED_SINCE: &str = "reports.since";

/// The indexes of the queue: first the fields compared for equality, then the order, so that a page reads only its own
/// entries.
pub(super) fn indexes() -> [Index; 4] {
    let by_outcome = doc! { "state.decision.outcome": 1, DECIDED_AT: 1, "_id": 1 };
    let by_kind = doc! { "state.decision.outcome": 1, "state.target.kind": 1, DECIDED_AT: 1, "_id": 1 };
    let by_reporter = doc! { "reports.reporters": 1, DECIDED_AT: 1, "_id": 1 };
    [
        Index::new("queue", by_outcome).where_exists("text"),
        Index::new("queue_by_kind", by_kind).where_exists("text"),
        Index::new("reported", doc! { REPORTED_SINCE: 1, "_id": 1 }).where_exists("reports"),
        Index::new("reported_by", by_reporter).where_exists("reports"),
    ]
}

impl QueueQuery {
    /// Served by the index `queue`, `queue_by_kind`, `reported` or `reported_by`, depending on its fields.
    ///
    /// # Errors
    /// None: an outcome can always be serialised.
    pub fn filter(&self) -> Result<Document, StoreError> {
        // Deleted content has no text, and is in no queue.
        let mut filter = doc! { "text": { "$exists": true } };
        match self.outcome() {
            Some(outcome) => filter.insert("state.decision.outcome", serialize_to_bson(&outcome)?),
            None => filter.insert("reports", doc! { "$exists": true }),
        };
        if let Some(kind) = self.kind {
            filter.insert("state.target.kind", kind.as_str());
        }
        if let Some(reporter) = self.reporter {
            filter.insert("reports", doc! { "$exists": true });
            filter.insert("reports.reporters", reporter.to_string());
        }
        let mut period = Document::new();
        if let Some(time) = self.newer_than {
            period.insert("$gte", time.to_string());
        }
        if let Some(time) = self.older_than {
            period.insert("$lt", time.to_string());
        }
        if !period.is_empty() {
            filter.insert(self.order().field(), period);
        }
        let after = self.after.as_ref();
        let order = self.order();
        Ok(order.continue_after(filter, after.map(|(time, id)| (*time, id as _))))
    }

    pub fn order(&self) -> ListOrder {
        let field = match self.status {
            QueueStatus::Reported => REPORTED_SINCE,
            _ => DECIDED_AT,
        };
        match self.order {
            QueueOrder::Oldest => ListOrder::oldest_first(field),
            QueueOrder::Newest => ListOrder::newest_first(field),
        }
    }

    /// The position of an entry.
    pub fn position(&self, record: &CaseRecord) -> Position {
        (self.since(record), record.case.target.id.to_string())
    }

    /// Since when an entry has the status of the query.
    pub fn since(&self, record: &CaseRecord) -> Timestamp {
        let decided_at = record.case.decision.decided_at;
        match (self.status, &record.reports) {
            (QueueStatus::Reported, Some(reports)) => reports.since,
            _ => decided_at,
        }
    }

    /// `None` for [`QueueStatus::Reported`].
    fn outcome(&self) -> Option<Outcome> {
        match self.status {
            QueueStatus::Flagged => Some(Outcome::Flagged),
            QueueStatus::Approved => Some(Outcome::Approved),
            QueueStatus::Rejected => Some(Outcome::Rejected),
            QueueStatus::Reported => None,
        }
    }
}
