//! Reports, and beside them the reporters' notes.

use std::collections::HashMap;

use common::{
    event::{ReportState, ReportStatus, Target, Timestamp},
    ids::UserId,
};
use mongodb::bson::{Document, doc, serialize_to_bson};
use runtime::store::{
    Aggregate, AggregateStore, Index, ListOrder, Storage, StoreError, Stored, execute, fetch_all,
};
use serde::Deserialize;

use crate::domain::Report;

/// The order of a user's own reports.
const OWN: ListOrder = ListOrder::newest_first("state.filed_at");

impl Aggregate for Report {
    type Public = ReportState;
    const COLLECTION: &'static str = "reports";

    fn public(&self) -> ReportState {
        self.to_public()
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.reporter_id)
    }

    fn indexes() -> Vec<Index> {
        let of_target = doc! { "state.target.id": 1, "state.status": 1, "state.filed_at": 1, "_id": 1 };
        let mine = doc! { "state.reporter_id": 1, "state.filed_at": -1, "_id": -1 };
        vec![
            Index::new("of_target", of_target),
            Index::new("mine", mine),
            Index::new("uncounted", doc! { "state.filed_at": 1 }).where_exists("uncounted"),
        ]
    }
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    id: String,
}

/// A report with the reporter's note.
#[derive(Debug, Clone, Deserialize)]
pub struct ReportWithNote {
    pub state: Report,
    pub note: Option<String>,
}

/// The reports.
#[derive(Debug, Clone)]
pub struct Reports(AggregateStore<Report>);

impl Reports {
    pub fn new(storage: &Storage) -> Self {
        Self(storage.aggregates())
    }

    pub fn aggregates(&self) -> &AggregateStore<Report> {
        &self.0
    }

    /// The number of open reports of `target`. Index `of_target`.
    pub async fn count_open(&self, target: Target) -> Result<u64, StoreError> {
        execute(self.0.collection().count_documents(open_of(target)?)).await
    }

    /// At most `limit` open reports of `target`, oldest first. Index `of_target`.
    pub async fn open(&self, target: Target, limit: i64) -> Result<Vec<ReportWithNote>, StoreError> {
        let order = doc! { "state.filed_at": 1, "_id": 1 };
        self.with_notes(open_of(target)?, order, limit).await
    }

    /// At most `limit` reports of `target` in any status. Index `of_target`.
    pub async fn of(&self, target: Target, limit: i64) -> Result<Vec<ReportWithNote>, StoreError> {
        let of_target = doc! { "state.target.id": target.id.to_string() };
        let order = doc! { "state.status": 1, "state.filed_at": 1, "_id": 1 };
        self.with_notes(of_target, order, limit).await
    }

    /// The ids of at most `limit` open reports of `target` that were filed after at most `decisions` decisions about it.
    /// Index `of_target`.
    pub async fn open_at(
        &self,
        target: Target,
        decisions: u64,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let decisions = i64::try_from(decisions).unwrap_or(i64::MAX);
        let mut filter = open_of(target)?;
        // Reports of earlier releases have no number.
        filter.insert("state.decisions", doc! { "$not": { "$gt": decisions } });
        let rows = self.0.documents_as::<Row>();
        let found = rows.find(filter).limit(limit).projection(doc! { "_id": 1 });
        Ok(fetch_all(found).await?.into_iter().map(|row| row.id).collect())
    }

    /// A user's own reports, newest first, after the position `after`. Index `mine`.
    pub async fn own(
        &self,
        reporter: UserId,
        after: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<Stored<Report>>, StoreError> {
        let filter = doc! { "state.reporter_id": reporter.to_string() };
        let after = after.as_ref().map(|(time, id)| (*time, id as _));
        let filter = OWN.continue_after(filter, after);
        self.0.list(filter, OWN.sort(), i64::from(limit)).await
    }

    /// Removes the notes of a deleted user. Index `mine`.
    pub async fn remove_notes(&self, reporter: UserId) -> Result<(), StoreError> {
        let own = doc! { "state.reporter_id": reporter.to_string() };
        let update = doc! { "$unset": { "note": "" } };
        execute(self.0.collection().update_many(own, update))
            .await
            .map(drop)
    }

    /// The notes of these reports by report id, where there are any. By `_id`.
    pub async fn notes_of(&self, ids: Vec<String>) -> Result<HashMap<String, String>, StoreError> {
        #[derive(Deserialize)]
        struct Note {
            #[serde(rename = "_id")]
            id: String,
            note: String,
        }
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let documents = self.0.documents_as::<Note>();
        let found = documents
            .find(doc! { "_id": { "$in": ids }, "note": { "$type": "string" } })
            .projection(doc! { "note": 1 });
        let found = fetch_all(found).await?.into_iter();
        Ok(found.map(|found| (found.id, found.note)).collect())
    }

    /// At most `limit` reports that were filed before `before` and are not counted yet, with their targets, without
    /// `except`. Index `uncounted`.
    pub async fn uncounted(
        &self,
        before: Timestamp,
        except: Vec<String>,
        limit: i64,
    ) -> Result<Vec<(String, Target)>, StoreError> {
        let before = doc! { "$lte": before.to_string() };
        let filter = doc! { "state.filed_at": before, "_id": { "$nin": except } };
        self.find_uncounted(filter, limit).await
    }

    /// At most `limit` reports of `reporter` that are not counted, with their targets, without `except`. Index `mine`.
    pub async fn uncounted_of(
        &self,
        reporter: UserId,
        except: Vec<String>,
        limit: i64,
    ) -> Result<Vec<(String, Target)>, StoreError> {
        let filter = doc! { "state.reporter_id": reporter.to_string(), "_id": { "$nin": except } };
        self.find_uncounted(filter, limit).await
    }

    async fn find_uncounted(
        &self,
        mut filter: Document,
        limit: i64,
    ) -> Result<Vec<(String, Target)>, StoreError> {
        #[derive(Deserialize)]
        struct Uncounted {
            #[serde(rename = "_id")]
            id: String,
            state: State,
        }
        #[derive(Deserialize)]
        struct State {
            target: Target,
        }
        filter.insert("uncounted", doc! { "$exists": true });
        let rows = self.0.documents_as::<Uncounted>();
        let found = rows
            .find(filter)
            .sort(doc! { "state.filed_at": 1 })
            .limit(limit)
            .projection(doc! { "state.target": 1 });
        let found = fetch_all(found).await?.into_iter();
        Ok(found.map(|found| (found.id, found.state.target)).collect())
    }

    /// Records that the report is counted.
    pub async fn mark_counted(&self, id: &str) -> Result<(), StoreError> {
        let update = doc! { "$unset": { "uncounted": "" } };
        execute(self.0.collection().update_one(doc! { "_id": id }, update))
            .await
            .map(drop)
    }

    async fn with_notes(
        &self,
        filter: Document,
        order: Document,
        limit: i64,
    ) -> Result<Vec<ReportWithNote>, StoreError> {
        let documents = self.0.documents_as();
        let found = documents.find(filter).sort(order).limit(limit);
        fetch_all(found.projection(doc! { "state": 1, "note": 1 })).await
    }
}

fn open_of(target: Target) -> Result<Document, StoreError> {
    Ok(doc! {
        "state.target.id": target.id.to_string(),
        "state.status": serialize_to_bson(&ReportStatus::Open)?,
    })
}
