//! The replica of posts, each as of the newest event about it.

use common::ids::PostId;
use mongodb::{Collection, bson::doc};
use runtime::store::{Storage, StoreError, execute};

use crate::domain::PostReplica;

/// The replica of posts, found by `_id` only.
#[derive(Debug, Clone)]
pub struct Posts(Collection<PostReplica>);

impl Posts {
    pub fn new(storage: &Storage) -> Self {
        Self(storage.collection("post_replicas"))
    }

    pub async fn find(&self, id: PostId) -> Result<Option<PostReplica>, StoreError> {
        execute(self.0.find_one(doc! { "_id": id.to_string() })).await
    }

    /// Stores `post` unless the stored version is the same or newer. Events may arrive in any order, and repeatedly.
    pub async fn apply(&self, post: &PostReplica) -> Result<(), StoreError> {
        match self.replace_older(post, true).await {
            // There is a version: the same or a newer one, or an older one that another event has just inserted.
            Err(StoreError::Duplicate { .. }) => self.replace_older(post, false).await,
            result => result,
        }
    }

    async fn replace_older(&self, post: &PostReplica, upsert: bool) -> Result<(), StoreError> {
        let version = i64::try_from(post.version).unwrap_or(i64::MAX);
        let older = doc! { "_id": post.id.to_string(), "version": { "$lt": version } };
        execute(self.0.replace_one(older, post).upsert(upsert))
            .await
            .map(drop)
    }
}
