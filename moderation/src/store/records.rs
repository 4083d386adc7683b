//! What is stored of a case beside its state, for moderators only.

use common::{
    api::moderation::{Finding, ReportReason},
    event::{ReportStatus, Timestamp},
    ids::{PostId, UserId},
};
use mongodb::bson::{Document, doc, serialize_to_bson};
use runtime::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::domain::{Case, Text};

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
