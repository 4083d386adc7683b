//! What was deleted: `{_id: target id}`.
//!
//! Events come in any order: one that a text came may be in work when that of the deletion is. Whoever judged asks
//! here afterwards, so that no text of something deleted is kept.

use common::event::Target;
use mongodb::{
    Collection, Database,
    bson::{Document, doc},
};
use runtime::store::{StoreError, bounded};

/// What is gone. Found by `_id` alone, so it needs no index of its own.
#[derive(Debug, Clone)]
pub struct Gone(Collection<Document>);

impl Gone {
    pub fn new(database: &Database) -> Self {
        Self(database.collection("gone"))
    }

    /// `target` was deleted.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn add(&self, target: Target) -> Result<(), StoreError> {
        let id = doc! { "_id": target.id.to_string(), "kind": target.kind.as_str() };
        match bounded(async { Ok(self.0.insert_one(id).await.map(drop)?) }).await {
            Err(StoreError::Duplicate { .. }) => Ok(()),
            result => result,
        }
    }

    /// Whether `target` was deleted.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn contains(&self, target: Target) -> Result<bool, StoreError> {
        let id = doc! { "_id": target.id.to_string() };
        bounded(async { Ok(self.0.find_one(id).await?.is_some()) }).await
    }
}
