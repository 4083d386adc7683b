//! Cases: the state, and beside it what only moderators see.

use common::{
    api::moderation::{Finding, ReportReason},
    event::{ReportStatus, Target, TargetKind, Timestamp, VerdictState},
    ids::{PostId, UserId},
};
use mongodb::bson::{Document, doc, serialize_to_bson};
use runtime::store::{Aggregate, AggregateStore, Index, Storage, StoreError, execute, fetch_all};
use serde::{Deserialize, Serialize};

use super::queue;
use crate::domain::{Case, Text};

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

/// What is stored beside the state of a case: the text under moderation, and its author.
#[derive(Debug, Clone)]
pub struct CaseContext {
    /// Absent once the account is deleted.
    pub author_id: Option<UserId>,
    /// The post itself, or the post that the comment is on.
    pub post_id: PostId,
    /// The slug of a post.
    pub slug: Option<String>,
    pub text: Text,
    /// The same for texts that say the same.
    pub fingerprint: String,
    /// What the rules found in the text; quotes it.
    pub findings: Vec<Finding>,
}

impl CaseContext {
    /// The update operators that store it.
    ///
    /// # Errors
    /// None: it can always be serialised.
    pub fn operators(&self) -> Result<Document, StoreError> {
        let mut set = doc! {
            "post_id": self.post_id.to_string(),
            "text": serialize_to_bson(&StoredText::from(&self.text))?,
            "fingerprint": &self.fingerprint,
            "findings": serialize_to_bson(&self.findings)?,
        };
        let mut unset = Document::new();
        let author_id = self.author_id.map(|author| author.to_string());
        for (field, value) in [("author_id", author_id), ("slug", self.slug.clone())] {
            match value {
                Some(value) => set.insert(field, value),
                None => unset.insert(field, ""),
            };
        }
        let mut operators = doc! { "$set": set };
        if !unset.is_empty() {
            operators.insert("$unset", unset);
        }
        Ok(operators)
    }
}

/// The maximum length of a text in the queue, in characters; no comment is longer.
pub const SHOWN_CHARS: usize = 5000;

/// A stored text. The rest of a long one is a field of its own, so that the queue need not read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredText {
    pub title: Option<String>,
    pub summary: Option<String>,
    /// The first [`SHOWN_CHARS`] characters.
    pub body: String,
    /// The rest; not read with the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// Whether there is more than `body`.
    pub is_long: bool,
}

impl From<&Text> for StoredText {
    fn from(text: &Text) -> Self {
        let end = text.body.char_indices().nth(SHOWN_CHARS).map(|(end, _)| end);
        let (body, rest) = text.body.split_at(end.unwrap_or(text.body.len()));
        Self {
            title: text.title.clone(),
            summary: text.summary.clone(),
            body: body.to_owned(),
            rest: end.map(|_| rest.to_owned()),
            is_long: end.is_some(),
        }
    }
}

/// A case with what is stored beside it.
#[derive(Debug, Clone, Deserialize)]
pub struct CaseRecord {
    pub version: u64,
    #[serde(rename = "state")]
    pub case: Case,
    pub author_id: Option<UserId>,
    pub post_id: PostId,
    pub slug: Option<String>,
    /// Absent once it is deleted.
    pub text: Option<StoredText>,
    #[serde(default)]
    pub findings: Vec<Finding>,
    pub reports: Option<ReportSummary>,
}

/// A summary of the open reports of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSummary {
    pub open: u64,
    /// When the first of them was filed.
    pub since: Timestamp,
    /// The reporters, up to a limit.
    pub reporters: Vec<UserId>,
    /// The first few reports.
    pub first: Vec<OpenReport>,
}

/// An open report in a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenReport {
    pub reporter_id: UserId,
    pub reason: ReportReason,
    pub filed_at: Timestamp,
    /// Stored with the report only.
    #[serde(skip)]
    pub note: Option<String>,
}

/// How the open reports of a target are to be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    pub status: ReportStatus,
    /// Later reports stay open.
    pub at: Timestamp,
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
            .sort(query.sort())
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
    pub async fn unresolved(&self, limit: i64) -> Result<Vec<(Target, Resolution)>, StoreError> {
        #[derive(Deserialize)]
        struct Unresolved {
            state: State,
            settle: Resolution,
        }
        #[derive(Deserialize)]
        struct State {
            target: Target,
        }
        let documents = self.0.documents_as::<Unresolved>();
        let found = documents
            .find(doc! { "settle": { "$exists": true } })
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
