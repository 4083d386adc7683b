//! The outline of a document of any kind: its version, and what counters and responses depend on.

use common::{
    event::AggregateKind,
    ids::{PostId, UserId},
};
use mongodb::{
    Collection,
    bson::{Document, deserialize_from_document, doc},
    options::FindOptions,
};
use runtime::store::StoreError;
use serde::Deserialize;

use super::{generation::Generation, queries::collect};

/// The stored fields, as far as a kind of document has them.
const FIELDS: [&str; 15] = [
    "_id",
    "v",
    "batch",
    "status",
    "author_id",
    "tags",
    "month",
    "search_words",
    "username_key",
    "post_id",
    "visible",
    "active",
    "kind",
    "follower_id",
    "followee_id",
];

/// A post, user, comment, reaction or follow in brief.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Outline {
    #[serde(rename = "_id")]
    pub id: String,
    pub v: i64,
    pub batch: i64,
    /// Of posts and comments.
    pub status: String,
    pub author_id: Option<UserId>,
    pub tags: Vec<String>,
    pub month: Option<String>,
    pub search_words: Vec<String>,
    pub username_key: Option<String>,
    pub post_id: Option<PostId>,
    /// Of comments.
    pub visible: bool,
    /// Of reactions and follows.
    pub active: bool,
    /// Of reactions.
    pub kind: String,
    pub follower_id: Option<UserId>,
    pub followee_id: Option<UserId>,
}

impl Outline {
    /// The outline of a document to be stored.
    pub fn of(document: &Document) -> Result<Self, StoreError> {
        let fields = FIELDS.iter().filter_map(|field| {
            let value = document.get(field)?;
            Some(((*field).to_owned(), value.clone()))
        });
        Ok(deserialize_from_document(fields.collect())?)
    }

    /// Whether this is a post that readers can see.
    pub fn is_published_post(&self) -> bool {
        self.status == "published"
    }
}

impl Generation {
    /// The stored ones of these aggregates. By `_id`.
    pub async fn outlines<I: AsRef<str>>(
        &self,
        kind: AggregateKind,
        ids: impl IntoIterator<Item = I>,
    ) -> Result<Vec<Outline>, StoreError> {
        let ids: Vec<String> = ids.into_iter().map(|id| id.as_ref().to_owned()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        match kind {
            AggregateKind::Post => find(&self.posts, ids).await,
            AggregateKind::User => find(&self.users, ids).await,
            AggregateKind::Comment => find(&self.comments, ids).await,
            AggregateKind::Reaction => find(&self.reactions, ids).await,
            AggregateKind::Follow => find(&self.follows, ids).await,
            // Not in the read model.
            AggregateKind::Verdict
            | AggregateKind::Report
            | AggregateKind::Ruleset
            | AggregateKind::DeadLetter => Ok(Vec::new()),
        }
    }
}

async fn find<D: Send + Sync>(
    collection: &Collection<D>,
    ids: Vec<String>,
) -> Result<Vec<Outline>, StoreError> {
    let fields = FIELDS.iter().map(|field| ((*field).to_owned(), 1.into()));
    let options = FindOptions::builder()
        .projection(fields.collect::<Document>())
        .build();
    collect(collection, doc! { "_id": { "$in": ids } }, options).await
}
