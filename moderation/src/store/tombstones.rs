//! Tombstones of deleted comments and posts.
//!
//! Events arrive in any order: the event of a text may be handled while that of its deletion is. A command that has
//! stored a text checks for a tombstone afterwards, so that no text of deleted content is kept.

use common::event::Target;
use mongodb::{
    Collection,
    bson::{Document, doc},
};
use runtime::store::{Storage, StoreError, execute};

/// The tombstones, found by `_id` only.
#[derive(Debug, Clone)]
pub struct Tombstones(Collection<Document>);

impl Tombstones {
    pub fn new(storage: &Storage) -> Self {
        Self(storage.collection("gone"))
    }

    pub async fn add(&self, target: Target) -> Result<(), StoreError> {
        let tombstone = doc! { "_id": target.id.to_string(), "kind": target.kind.as_str() };
        match execute(self.0.insert_one(tombstone)).await {
            Ok(_) | Err(StoreError::Duplicate { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn contains(&self, target: Target) -> Result<bool, StoreError> {
        let found = execute(self.0.find_one(doc! { "_id": target.id.to_string() })).await?;
        Ok(found.is_some())
    }
}
