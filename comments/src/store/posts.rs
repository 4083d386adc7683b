//! What is known of posts: `{_id: post id, version, status, author_id}`, each as its newest event told.
//!
//! Events may come in any order and more than once; one that is not newer than what is here changes nothing.

use common::{
    event::PostStatus,
    ids::{PostId, UserId},
};
use mongodb::{
    Collection, Database,
    bson::{Document, deserialize_from_document, doc, serialize_to_bson},
};
use runtime::store::{StoreError, bounded};
use serde::Deserialize;

use crate::domain::PostReplica;

/// The replica of posts. Found by `_id` alone, so it needs no index of its own.
#[derive(Debug, Clone)]
pub struct Posts(Collection<Document>);

#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "_id")]
    id: PostId,
    version: i64,
    status: PostStatus,
    author_id: UserId,
}

impl From<Stored> for PostReplica {
    fn from(stored: Stored) -> Self {
        Self {
            id: stored.id,
            version: u64::try_from(stored.version).unwrap_or_default(),
            status: stored.status,
            author_id: stored.author_id,
        }
    }
}

impl Posts {
    /// The replica in `database`.
    pub fn new(database: &Database) -> Self {
        Self(database.collection("post_replicas"))
    }

    /// What is known of the post `id`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn find(&self, id: PostId) -> Result<Option<PostReplica>, StoreError> {
        bounded(async {
            let found = self.0.find_one(doc! { "_id": id.to_string() }).await?;
            let stored: Option<Stored> = found.map(deserialize_from_document).transpose()?;
            Ok(stored.map(PostReplica::from))
        })
        .await
    }

    /// Keeps `post` unless something as new is here.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn apply(&self, post: &PostReplica) -> Result<(), StoreError> {
        match self.write(post, true).await {
            // It is here, and was as new; or another event of it was first by a hair, and this one may be newer.
            Err(StoreError::Duplicate { .. }) => self.write(post, false).await,
            result => result,
        }
    }

    async fn write(&self, post: &PostReplica, upsert: bool) -> Result<(), StoreError> {
        let version = i64::try_from(post.version).unwrap_or(i64::MAX);
        let older = doc! { "_id": post.id.to_string(), "version": { "$lt": version } };
        let fields = doc! { "$set": {
            "version": version,
            "status": serialize_to_bson(&post.status)?,
            "author_id": post.author_id.to_string(),
        } };
        bounded(async { Ok(self.0.update_one(older, fields).upsert(upsert).await.map(drop)?) }).await
    }
}
