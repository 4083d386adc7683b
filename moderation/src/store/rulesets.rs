//! The rules in force, and those before.

use common::{
    event::{RulesetState, Timestamp},
    ids::UserId,
};
use futures::TryStreamExt as _;
use mongodb::{
    Collection,
    bson::{Document, deserialize_from_document, doc, serialize_to_document},
};
use runtime::store::{Aggregate, AggregateStore, Storage, StoreError, bounded};
use serde::{Deserialize, Serialize};

use crate::domain::{Ruleset, rules::RuleSet};

/// So many former rules are kept.
pub const MAX_ARCHIVED: u64 = 100;

impl Aggregate for Ruleset {
    type Public = RulesetState;
    const COLLECTION: &'static str = "rulesets";

    fn public(&self) -> RulesetState {
        self.to_public()
    }
}

/// Rules that were in force: `{_id: revision, …}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Archived {
    #[serde(rename = "_id")]
    pub revision: i64,
    /// Only where they were asked for.
    #[serde(default)]
    pub rules: Option<RuleSet>,
    /// Each rule summed up, as in the event.
    pub summary: Vec<common::event::RuleSummary>,
    pub report_threshold: u32,
    pub note: Option<String>,
    pub changed_by: UserId,
    pub changed_at: Timestamp,
}

impl From<&Ruleset> for Archived {
    fn from(ruleset: &Ruleset) -> Self {
        Self {
            revision: i64::try_from(ruleset.revision).unwrap_or(i64::MAX),
            summary: ruleset.to_public().rules,
            report_threshold: ruleset.rules.report_threshold,
            rules: Some(ruleset.rules.clone()),
            note: ruleset.note.clone(),
            changed_by: ruleset.changed_by,
            changed_at: ruleset.changed_at,
        }
    }
}

/// The rules.
#[derive(Debug, Clone)]
pub struct Rulesets {
    pub store: AggregateStore<Ruleset>,
    archive: Collection<Document>,
}

#[derive(Deserialize)]
struct Version {
    version: i64,
}

impl Rulesets {
    pub fn new(storage: &Storage) -> Self {
        Self {
            store: storage.aggregates(),
            archive: storage.collection("ruleset_archive"),
        }
    }

    /// Makes the indexes. The archive is found by `_id` alone.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.store.ensure_indexes().await
    }

    /// The version of the rules in force, 0 as long as nobody changed them: a small read, made for each judgement.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn version(&self) -> Result<u64, StoreError> {
        bounded(async {
            let found = self
                .store
                .collection()
                .find_one(doc! { "_id": RulesetState::ID })
                .projection(doc! { "version": 1 })
                .await?;
            let version: Option<Version> = found.map(deserialize_from_document).transpose()?;
            Ok(version.map_or(0, |found| u64::try_from(found.version).unwrap_or_default()))
        })
        .await
    }

    /// Keeps rules that are about to be replaced. They never change, so it may be done twice; done for nothing, if
    /// the change fails, it does no harm either.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn archive(&self, ruleset: &Ruleset) -> Result<(), StoreError> {
        let document = serialize_to_document(&Archived::from(ruleset))?;
        let outdated = i64::try_from(ruleset.revision.saturating_sub(MAX_ARCHIVED)).unwrap_or_default();
        match bounded(async { Ok(self.archive.insert_one(document).await.map(drop)?) }).await {
            Ok(()) | Err(StoreError::Duplicate { .. }) => {}
            Err(error) => return Err(error),
        }
        let outdated = doc! { "_id": { "$lte": outdated } };
        bounded(async { Ok(self.archive.delete_many(outdated).await.map(drop)?) }).await
    }

    /// Former rules without the rules themselves, newest first, older than `before`, at most `limit`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn archived(&self, before: Option<i64>, limit: i64) -> Result<Vec<Archived>, StoreError> {
        let filter = before.map_or_else(Document::new, |before| doc! { "_id": { "$lt": before } });
        bounded(async {
            let found = self
                .archive
                .find(filter)
                .sort(doc! { "_id": -1 })
                .limit(limit)
                .projection(doc! { "rules": 0 })
                .await?;
            let found: Vec<Document> = found.try_collect().await?;
            found
                .into_iter()
                .map(|document| Ok(deserialize_from_document(document)?))
                .collect()
        })
        .await
    }

    /// The former rules of that revision.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn archived_revision(&self, revision: u64) -> Result<Option<Archived>, StoreError> {
        let id = i64::try_from(revision).unwrap_or(i64::MAX);
        bounded(async {
            let found = self.archive.find_one(doc! { "_id": id }).await?;
            Ok(found.map(deserialize_from_document).transpose()?)
        })
        .await
    }
}
