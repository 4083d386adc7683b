//! Reports in the database.

use std::collections::HashMap;

use common::{
    event::{ReportState, ReportStatus, Target, Timestamp},
    ids::UserId,
};
use futures::TryStreamExt as _;
use mongodb::bson::{Document, deserialize_from_document, doc, serialize_to_bson};
use runtime::store::{Aggregate, AggregateStore, Storage, StoreError, Stored, bounded};
use serde::Deserialize;

use super::index;
use crate::domain::Report;

impl Aggregate for Report {
    type Public = ReportState;
    const COLLECTION: &'static str = "reports";

    fn public(&self) -> ReportState {
        self.to_public()
    }
}

/// A report with the reporter's own words.
#[derive(Debug, Clone, Deserialize)]
pub struct Words {
    pub state: Report,
    #[serde(default)]
    pub note: Option<String>,
}

/// The reports.
#[derive(Debug, Clone)]
pub struct Reports(AggregateStore<Report>);

impl Reports {
    pub fn new(storage: &Storage) -> Self {
        Self(storage.aggregates())
    }

    /// The aggregates.
    pub fn store(&self) -> &AggregateStore<Report> {
        &self.0
    }

    /// Makes the indexes.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.0.ensure_indexes().await?;
        let of_target = doc! { "state.target.id": 1, "state.status": 1, "state.filed_at": 1, "_id": 1 };
        let mine = doc! { "state.reporter_id": 1, "state.filed_at": -1, "_id": -1 };
        let uncounted = doc! { "state.filed_at": 1 };
        for model in [
            index("of_target", of_target, None),
            index("mine", mine, None),
            index("uncounted", uncounted, Some("uncounted")),
        ] {
            self.0.collection().create_index(model).await?;
        }
        Ok(())
    }

    /// How many reports of `target` are open. Index `of_target`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn count_open(&self, target: Target) -> Result<u64, StoreError> {
        let filter = open_of(target)?;
        bounded(async { Ok(self.0.collection().count_documents(filter).await?) }).await
    }

    /// Open reports of `target`, oldest first, at most `limit`. Index `of_target`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn open(&self, target: Target, limit: i64) -> Result<Vec<Words>, StoreError> {
        self.words(open_of(target)?, doc! { "state.filed_at": 1, "_id": 1 }, limit)
            .await
    }

    /// Reports of `target`, open or not, at most `limit`. Index `of_target`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn of(&self, target: Target, limit: i64) -> Result<Vec<Words>, StoreError> {
        let of_target = doc! { "state.target.id": target.id.to_string() };
        let order = doc! { "state.status": 1, "state.filed_at": 1, "_id": 1 };
        self.words(of_target, order, limit).await
    }

    /// Ids of the open reports of `target` that were filed until `until`, at most `limit`. Index `of_target`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn to_settle(
        &self,
        target: Target,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let mut filter = open_of(target)?;
        filter.insert("state.filed_at", doc! { "$lte": until.to_string() });
        let found = self.0.list(filter, Document::new(), limit).await?;
        Ok(found.into_iter().map(|report| report.id).collect())
    }

    /// A person's own reports, newest first, after the place `after`. Index `mine`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn mine(
        &self,
        reporter: UserId,
        after: Option<(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<Stored<Report>>, StoreError> {
        let mut filter = doc! { "state.reporter_id": reporter.to_string() };
        if let Some((filed_at, id)) = after {
            let filed_at = filed_at.to_string();
            filter.insert("state.filed_at", doc! { "$lte": &filed_at });
            let older = doc! { "state.filed_at": { "$lt": &filed_at } };
            filter.insert(
                "$or",
                [older, doc! { "state.filed_at": filed_at, "_id": { "$lt": id } }],
            );
        }
        let order = doc! { "state.filed_at": -1, "_id": -1 };
        self.0.list(filter, order, i64::from(limit)).await
    }

    /// Forgets the words of a person who left. Index `mine`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget_words(&self, reporter: UserId) -> Result<(), StoreError> {
        let theirs = doc! { "state.reporter_id": reporter.to_string() };
        let update = doc! { "$unset": { "note": "" } };
        bounded(async { Ok(self.0.collection().update_many(theirs, update).await.map(drop)?) }).await
    }

    /// The words of these reports, by id; those without any are left out. By `_id`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn words_of(&self, ids: Vec<String>) -> Result<HashMap<String, String>, StoreError> {
        #[derive(Deserialize)]
        struct Noted {
            #[serde(rename = "_id")]
            id: String,
            note: String,
        }
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let filter = doc! { "_id": { "$in": ids }, "note": { "$type": "string" } };
        bounded(async {
            let found = self
                .0
                .collection()
                .find(filter)
                .projection(doc! { "note": 1 })
                .await?;
            let found: Vec<Document> = found.try_collect().await?;
            let read = |document| -> Result<_, StoreError> {
                let Noted { id, note } = deserialize_from_document(document)?;
                Ok((id, note))
            };
            found.into_iter().map(read).collect()
        })
        .await
    }

    /// Reports that were filed before `before` and that nobody has weighed yet, at most `limit`. Index `uncounted`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn uncounted(&self, before: Timestamp, limit: i64) -> Result<Vec<Stored<Report>>, StoreError> {
        let before = doc! { "$lte": before.to_string() };
        let filter = doc! { "uncounted": { "$exists": true }, "state.filed_at": before };
        self.0.list(filter, doc! { "state.filed_at": 1 }, limit).await
    }

    /// The report is weighed.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn counted(&self, id: &str) -> Result<(), StoreError> {
        let update = doc! { "$unset": { "uncounted": "" } };
        bounded(async {
            let done = self.0.collection().update_one(doc! { "_id": id }, update).await;
            Ok(done.map(drop)?)
        })
        .await
    }

    async fn words(&self, filter: Document, order: Document, limit: i64) -> Result<Vec<Words>, StoreError> {
        bounded(async {
            let found = self
                .0
                .collection()
                .find(filter)
                .sort(order)
                .limit(limit)
                .projection(doc! { "state": 1, "note": 1 })
                .await?;
            let found: Vec<Document> = found.try_collect().await?;
            found
                .into_iter()
                .map(|document| Ok(deserialize_from_document(document)?))
                .collect()
        })
        .await
    }
}

fn open_of(target: Target) -> Result<Document, StoreError> {
    Ok(doc! {
        "state.target.id": target.id.to_string(),
        "state.status": serialize_to_bson(&ReportStatus::Open)?,
    })
}
