//! Cases in the database: the state, and beside it what only moderators see.

use common::{
    event::{ReportStatus, Target, TargetKind, Timestamp, VerdictState},
    ids::{PostId, UserId},
};
use futures::TryStreamExt as _;
use mongodb::bson::{Document, deserialize_from_document, doc, serialize_to_bson};
use runtime::store::{Aggregate, AggregateStore, Storage, StoreError, bounded};
use serde::{Deserialize, Serialize};

use super::{index, queue};
use crate::domain::{Case, ReportReason, Text, rules::Finding};

impl Aggregate for Case {
    type Public = VerdictState;
    const COLLECTION: &'static str = "verdicts";

    fn public(&self) -> VerdictState {
        self.to_public()
    }
}

/// What stands beside the state: the text that was judged, and whose it is.
#[derive(Debug, Clone, Serialize)]
pub struct Context {
    /// Absent once their account is deleted.
    pub author_id: Option<UserId>,
    /// The post itself, or that which the comment is on.
    pub post_id: PostId,
    /// A post's address.
    pub slug: Option<String>,
    pub text: Text,
    /// By which the same text is found elsewhere.
    pub fingerprint: String,
    /// What the rules found in it, with words of it.
    pub findings: Vec<Finding>,
}

/// A text as it is stored: the end of a long one apart, so that the queue need not read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredText {
    pub title: Option<String>,
    pub summary: Option<String>,
    /// The first [`SHOWN_CHARS`] characters.
    pub body: String,
    /// What comes after them; not read with the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// Whether there is more than `body`.
    pub is_long: bool,
}

/// So much of a text is shown in the queue, in characters; no comment is longer.
pub const SHOWN_CHARS: usize = 5000;

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

/// A case with what stands beside it.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    pub version: i64,
    #[serde(rename = "state")]
    pub case: Case,
    #[serde(default)]
    pub author_id: Option<UserId>,
    pub post_id: PostId,
    #[serde(default)]
    pub slug: Option<String>,
    /// Absent once it was deleted.
    #[serde(default)]
    pub text: Option<StoredText>,
    /// What the rules found in it when it came.
    #[serde(default)]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub reports: Option<OpenReports>,
}

/// The open reports of one thing, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenReports {
    pub open: i64,
    /// When the first of them was filed.
    pub since: Timestamp,
    /// Who filed them, the first of them.
    pub reporters: Vec<UserId>,
    /// The first few.
    pub first: Vec<OpenReport>,
}

/// An open report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenReport {
    pub reporter_id: UserId,
    pub reason: ReportReason,
    pub filed_at: Timestamp,
}

/// How the open reports of a thing are to be settled, because it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub status: ReportStatus,
    /// Reports filed later are not meant.
    pub at: Timestamp,
}

/// The cases.
#[derive(Debug, Clone)]
pub struct Cases(AggregateStore<Case>);

impl Cases {
    pub fn new(storage: &Storage) -> Self {
        Self(storage.aggregates())
    }

    /// The aggregates.
    pub fn store(&self) -> &AggregateStore<Case> {
        &self.0
    }

    /// Makes the indexes.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.0.ensure_indexes().await?;
        let own = [
            index(
                "same_text",
                doc! { "fingerprint": 1, "state.decision.decided_at": 1 },
                Some("fingerprint"),
            ),
            index(
                "by_author",
                doc! { "author_id": 1, "state.target.kind": 1, "state.decision.outcome": 1 },
                Some("author_id"),
            ),
            index("to_settle", doc! { "settle.at": 1 }, Some("settle")),
        ];
        for model in queue::indexes().into_iter().chain(own) {
            self.0.collection().create_index(model).await?;
        }
        Ok(())
    }

    /// The case about `target`, whole. By `_id`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn record(&self, target: Target) -> Result<Option<Record>, StoreError> {
        let of_target = doc! { "_id": target.id.to_string(), "state.target.kind": target.kind.as_str() };
        bounded(async {
            let found = self.0.collection().find_one(of_target).await?;
            Ok(found.map(deserialize_from_document).transpose()?)
        })
        .await
    }

    /// A part of the queue, without the ends of long texts.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn queue(&self, query: &queue::QueueQuery) -> Result<Vec<Record>, StoreError> {
        let (filter, order) = (query.filter()?, query.sort());
        bounded(async {
            let found = self
                .0
                .collection()
                .find(filter)
                .sort(order)
                .limit(i64::from(query.limit))
                .projection(doc! { "text.rest": 0, "outbox": 0, "last_event": 0 })
                .await?;
            let found: Vec<Document> = found.try_collect().await?;
            found
                .into_iter()
                .map(|document| Ok(deserialize_from_document(document)?))
                .collect()
        })
        .await
    }

    /// How many other things have said the same since `since`, counting to `limit`. Index `same_text`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn count_same_text(
        &self,
        fingerprint: &str,
        but: Target,
        since: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let filter = doc! {
            "fingerprint": fingerprint,
            "state.decision.decided_at": { "$gte": since.to_string() },
            "_id": { "$ne": but.id.to_string() },
        };
        bounded(async { Ok(self.0.collection().count_documents(filter).limit(limit).await?) }).await
    }

    /// How many comments of `author` stand approved, counting to `limit`. Index `by_author`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn count_approved_comments(&self, author: UserId, limit: u64) -> Result<u64, StoreError> {
        let filter = doc! {
            "author_id": author.to_string(),
            "state.target.kind": TargetKind::Comment.as_str(),
            "state.decision.outcome": "approved",
        };
        bounded(async { Ok(self.0.collection().count_documents(filter).limit(limit).await?) }).await
    }

    /// Forgets the text of what was deleted, and whatever else is not needed any more.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget(&self, target: Target) -> Result<(), StoreError> {
        let unset = doc! {
            "text": "", "fingerprint": "", "findings": "", "author_id": "", "slug": "", "reports": "",
        };
        self.set_beside(target, doc! { "$unset": unset }).await
    }

    /// Takes the author's name off.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget_author(&self, target: Target) -> Result<(), StoreError> {
        self.set_beside(target, doc! { "$unset": { "author_id": "" } })
            .await
    }

    /// Stores the summary of the open reports; `None`: there are none.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sum_up(&self, target: Target, reports: Option<&OpenReports>) -> Result<(), StoreError> {
        let update = match reports {
            Some(reports) => doc! { "$set": { "reports": serialize_to_bson(reports)? } },
            None => doc! { "$unset": { "reports": "" } },
        };
        self.set_beside(target, update).await
    }

    /// Takes note that the open reports of something deleted are to be settled.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn to_be_settled(&self, target: Target, settlement: &Settlement) -> Result<(), StoreError> {
        let update = doc! { "$set": { "settle": serialize_to_bson(settlement)? } };
        self.set_beside(target, update).await
    }

    /// All reports that `settlement` is about are settled; a later settlement stays.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn settled(&self, target: Target, settlement: &Settlement) -> Result<(), StoreError> {
        let this = doc! { "_id": target.id.to_string(), "settle.at": settlement.at.to_string() };
        let update = doc! { "$unset": { "settle": "" } };
        bounded(async { Ok(self.0.collection().update_one(this, update).await.map(drop)?) }).await
    }

    /// Things with reports to settle, at most `limit`. Index `to_settle`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unsettled(&self, limit: i64) -> Result<Vec<(Target, Settlement)>, StoreError> {
        #[derive(Deserialize)]
        struct Unsettled {
            state: OfTarget,
            settle: Settlement,
        }
        #[derive(Deserialize)]
        struct OfTarget {
            target: Target,
        }
        bounded(async {
            let found = self
                .0
                .collection()
                .find(doc! { "settle": { "$exists": true } })
                .sort(doc! { "settle.at": 1 })
                .limit(limit)
                .projection(doc! { "state.target": 1, "settle": 1 })
                .await?;
            let found: Vec<Document> = found.try_collect().await?;
            let read = |document| -> Result<_, StoreError> {
                let Unsettled { state, settle } = deserialize_from_document(document)?;
                Ok((state.target, settle))
            };
            found.into_iter().map(read).collect()
        })
        .await
    }

    async fn set_beside(&self, target: Target, update: Document) -> Result<(), StoreError> {
        let id = doc! { "_id": target.id.to_string() };
        bounded(async { Ok(self.0.collection().update_one(id, update).await.map(drop)?) }).await
    }
}

impl Context {
    /// The fields beside a new case.
    ///
    /// # Errors
    /// None that could happen: it can be written.
    pub fn fields(&self) -> Result<Document, StoreError> {
        let mut fields = doc! {
            "post_id": self.post_id.to_string(),
            "text": serialize_to_bson(&StoredText::from(&self.text))?,
            "fingerprint": &self.fingerprint,
            "findings": serialize_to_bson(&self.findings)?,
        };
        for (name, value) in self.optional() {
            if let Some(value) = value {
                fields.insert(name, value);
            }
        }
        Ok(fields)
    }

    /// The operators that put it beside a case in place of what was there.
    ///
    /// # Errors
    /// None that could happen: it can be written.
    pub fn operators(&self) -> Result<Document, StoreError> {
        let absent = self.optional().into_iter().filter(|(_, value)| value.is_none());
        let unset: Document = absent.map(|(name, _)| (name.to_owned(), "".into())).collect();
        let mut operators = doc! { "$set": self.fields()? };
        if !unset.is_empty() {
            operators.insert("$unset", unset);
        }
        Ok(operators)
    }

    fn optional(&self) -> [(&'static str, Option<String>); 2] {
        [
            ("author_id", self.author_id.map(|author| author.to_string())),
            ("slug", self.slug.clone()),
        ]
    }
}
