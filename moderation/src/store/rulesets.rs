//! The active rules, and earlier ones.

use common::{
    api::moderation::RuleSet,
    event::{RuleSummary, RulesetState, Timestamp},
    ids::UserId,
};
use mongodb::{Collection, bson::doc};
use runtime::store::{Aggregate, AggregateStore, Storage, StoreError, execute, fetch_all};
use serde::{Deserialize, Serialize};

use crate::domain::Ruleset;

/// The maximum number of earlier rules that are kept.
pub const MAX_ARCHIVED: u64 = 100;

impl Aggregate for Ruleset {
    type Public = RulesetState;
    const COLLECTION: &'static str = "rulesets";

    fn public(&self) -> RulesetState {
        self.to_public()
    }
}

/// A revision of the rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArchivedRules {
    #[serde(rename = "_id")]
    pub revision: u64,
    /// Absent in lists.
    pub rules: Option<RuleSet>,
    /// A summary of each rule, as in the event.
    pub summary: Vec<RuleSummary>,
    pub report_threshold: u32,
    pub note: Option<String>,
    pub changed_by: UserId,
    pub changed_at: Timestamp,
}

impl From<&Ruleset> for ArchivedRules {
    fn from(ruleset: &Ruleset) -> Self {
        Self {
            revision: ruleset.revision,
            summary: ruleset.to_public().rules,
            report_threshold: ruleset.rules.report_threshold,
            rules: Some(ruleset.rules.clone()),
            note: ruleset.note.clone(),
            changed_by: ruleset.changed_by,
            changed_at: ruleset.changed_at,
        }
    }
}

/// The rules; the archive is found by `_id` only.
#[derive(Debug, Clone)]
pub struct Rulesets {
    aggregates: AggregateStore<Ruleset>,
    archive: Collection<ArchivedRules>,
}

impl Rulesets {
    pub fn new(storage: &Storage) -> Self {
        Self {
            aggregates: storage.aggregates(),
            archive: storage.collection("ruleset_archive"),
        }
    }

    pub fn aggregates(&self) -> &AggregateStore<Ruleset> {
        &self.aggregates
    }

    /// The version of the active rules, 0 for the defaults: a small read, made for each judgement.
    pub async fn version(&self) -> Result<u64, StoreError> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let documents = self.aggregates.documents_as::<Version>();
        let found = documents
            .find_one(doc! { "_id": RulesetState::ID })
            .projection(doc! { "version": 1 });
        Ok(execute(found).await?.map_or(0, |found| found.version))
    }

    /// Archives rules that are about to be replaced. Idempotent, and harmless if they are not replaced after all.
    pub async fn archive(&self, ruleset: &Ruleset) -> Result<(), StoreError> {
        match execute(self.archive.insert_one(ArchivedRules::from(ruleset))).await {
            Ok(_) | Err(StoreError::Duplicate { .. }) => {}
            Err(error) => return Err(error),
        }
        let surplus = doc! { "_id": { "$lte": key(ruleset.revision.saturating_sub(MAX_ARCHIVED)) } };
        execute(self.archive.delete_many(surplus)).await.map(drop)
    }

    /// Archived rules before the revision `before`, newest first, at most `limit`, without the rules themselves.
    pub async fn archived(&self, before: u64, limit: u32) -> Result<Vec<ArchivedRules>, StoreError> {
        let found = self
            .archive
            .find(doc! { "_id": { "$lt": key(before) } })
            .sort(doc! { "_id": -1 })
            .limit(i64::from(limit))
            .projection(doc! { "rules": 0 });
        fetch_all(found).await
    }

    /// The archived rules of that revision.
    pub async fn archived_revision(&self, revision: u64) -> Result<Option<ArchivedRules>, StoreError> {
        execute(self.archive.find_one(doc! { "_id": key(revision) })).await
    }
}

/// MongoDB's integers are signed.
fn key(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}
