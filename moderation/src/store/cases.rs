//! Queries and updates of cases.

use common::{
    event::{Target, TargetKind, Timestamp, VerdictState},
    ids::UserId,
};
use mongodb::bson::{Document, doc, serialize_to_bson};
use runtime::store::{Aggregate, AggregateStore, Index, Storage, StoreError, execute, fetch_all};
use serde::Deserialize;

use super::{
    queue,
    records::{CaseRecord, ReportSummary},
};
use crate::domain::{Case, report::Resolution};

impl Aggregate for Case {
    type Public = VerdictState;
    const COLLECTION: &'static str = "verdicts";

    fn public(&self) -> VerdictState {
        self.to_public()
    }

    fn indexes() -> Vec<Index> {
        let same_text = doc! { "fingerprint": 1, "state.decision.decided_at": 1 };
        let by_author = doc! { "author_id": 1, "state.target.kind": 1, "state.decision.outcome": 1 };
        let mut indexes = vec![
            Index::new("same_text", same_text).where_exists("fingerprint"),
            Index::new("by_author", by_author).where_exists("author_id"),
            Index::new("to_settle", doc! { "settle.at": 1 }).where_exists("settle"),
        ];
        indexes.extend(queue::indexes());
        indexes
    }
}

/// The cases.
#[derive(Debug, Clone)]
pub struct Cases(AggregateStore<Case>);

impl Cases {
    pub fn new(storage: &Storage) -> Self {
        Self(storage.aggregates())
    }

    pub fn aggregates(&self) -> &AggregateStore<Case> {
        &self.0
    }

    /// The case of `target` with the whole text. By `_id`.
    pub async fn record(&self, target: Target) -> Result<Option<CaseRecord>, StoreError> {
        let of_target = doc! { "_id": target.id.to_string(), "state.target.kind": target.kind.as_str() };
        execute(self.0.documents_as().find_one(of_target)).await
    }

    /// A page of the queue, without the rest of long texts.
    pub async fn queue(&self, query: &queue::QueueQuery) -> Result<Vec<CaseRecord>, StoreError> {
        let documents = self.0.documents_as();
        let found = documents
            .find(query.filter()?)
            .sort(query.order().sort())
            .limit(i64::from(query.limit))
            .projection(doc! { "text.rest": 0, "outbox": 0, "last_event": 0 });
        fetch_all(found).await
    }

    /// The number of other texts with the same fingerprint since `since`, counted up to `limit`. Index `same_text`.
    pub async fn count_same_text(
        &self,
        fingerprint: &str,
        except: Target,
        since: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let filter = doc! {
            "fingerprint": fingerprint,
            "state.decision.decided_at": { "$gte": since.to_string() },
            "_id": { "$ne": except.id.to_string() },
        };
        execute(self.0.collection().count_documents(filter).limit(limit)).await
    }

    /// The number of approved comments of `author`, counted up to `limit`. Index `by_author`.
    pub async fn count_approved_comments(&self, author: UserId, limit: u64) -> Result<u64, StoreError> {
        let filter = doc! {
            "author_id": author.to_string(),
            "state.target.kind": TargetKind::Comment.as_str(),
            "state.decision.outcome": "approved",
        };
        execute(self.0.collection().count_documents(filter).limit(limit)).await
    }

    /// Removes the text of deleted content, and what belongs to it.
    pub async fn remove_content(&self, target: Target) -> Result<(), StoreError> {
        let content = doc! {
            "text": "", "fingerprint": "", "findings": "", "author_id": "", "slug": "", "reports": "",
        };
        self.update(target, doc! { "$unset": content }).await
    }

    /// Removes the author.
    pub async fn remove_author(&self, target: Target) -> Result<(), StoreError> {
        self.update(target, doc! { "$unset": { "author_id": "" } }).await
    }

    /// Stores the summary of the open reports; `None` if there are none.
    pub async fn set_report_summary(
        &self,
        target: Target,
        reports: Option<&ReportSummary>,
    ) -> Result<(), StoreError> {
        let update = match reports {
            Some(reports) => doc! { "$set": { "reports": serialize_to_bson(reports)? } },
            None => doc! { "$unset": { "reports": "" } },
        };
        self.update(target, update).await
    }

    /// Records that the open reports of `target` are to be resolved.
    pub async fn begin_resolution(&self, target: Target, resolution: &Resolution) -> Result<(), StoreError> {
        let update = doc! { "$set": { "settle": serialize_to_bson(resolution)? } };
        self.update(target, update).await
    }

    /// Records that all reports of `resolution` are resolved; a later resolution stays.
    pub async fn finish_resolution(&self, target: Target, resolution: &Resolution) -> Result<(), StoreError> {
        let unchanged = doc! { "_id": target.id.to_string(), "settle.at": resolution.at.to_string() };
        let update = doc! { "$unset": { "settle": "" } };
        execute(self.0.collection().update_one(unchanged, update))
            .await
            .map(drop)
    }

    /// At most `limit` targets with reports to resolve. Index `to_settle`.
    pub async fn unresolved(
        &self,
        except: Vec<Target>,
        limit: i64,
    ) -> Result<Vec<(Target, Resolution)>, StoreError> {
        #[derive(Deserialize)]
        struct Unresolved {
            state: State,
            settle: Resolution,
        }
        #[derive(Deserialize)]
        struct State {
            target: Target,
        }
        let except: Vec<_> = except.iter().map(|target| target.id.to_string()).collect();
        let documents = self.0.documents_as::<Unresolved>();
        let found = documents
            .find(doc! { "settle": { "$exists": true }, "_id": { "$nin": except } })
            .sort(doc! { "settle.at": 1 })
            .limit(limit)
            .projection(doc! { "state.target": 1, "settle": 1 });
        let found = fetch_all(found).await?.into_iter();
        Ok(found.map(|found| (found.state.target, found.settle)).collect())
    }

    async fn update(&self, target: Target, update: Document) -> Result<(), StoreError> {
        let id = doc! { "_id": target.id.to_string() };
        execute(self.0.collection().update_one(id, update))
            .await
            .map(drop)
    }
}
