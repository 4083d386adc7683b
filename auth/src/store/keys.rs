//! Signing keys in the database, with sealed private keys.

use common::event::Timestamp;
use mongodb::{
    Collection, Database,
    bson::{Document, doc},
};
use runtime::store::{Index, StoreError, ensure_indexes, execute, fetch_all};
use serde::{Deserialize, Serialize};

use crate::{
    domain::keys::KeyStatus,
    signing::{NewKey, Sealed},
};

/// A stored key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRecord {
    #[serde(rename = "_id")]
    pub kid: String,
    /// The keys' sequence number, from 1. Unique, so that of two replicas that create the first key one succeeds.
    pub serial: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
    /// Whether the public key is on the bus.
    pub published: bool,
    /// The public key, a JSON Web Key as text.
    pub public: String,
    pub sealed: Sealed,
}

impl KeyRecord {
    pub fn status(&self) -> KeyStatus {
        KeyStatus {
            serial: self.serial,
            retired_at: self.retired_at,
            published: self.published,
        }
    }
}

/// The signing keys.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    collection: Collection<KeyRecord>,
}

impl SigningKeys {
    /// The keys in `database`.
    pub fn new(database: &Database) -> Self {
        Self {
            collection: database.collection("signing_keys"),
        }
    }

    /// Creates the unique index of sequence numbers.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let serial = Index::new("serial", doc! { "serial": 1 }).unique();
        ensure_indexes(&self.collection, [serial]).await
    }

    /// All keys, oldest first.
    pub async fn all(&self) -> Result<Vec<KeyRecord>, StoreError> {
        fetch_all(self.collection.find(doc! {}).sort(doc! { "serial": 1 })).await
    }

    /// Adds `key` with the sequence number `serial`.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] if another process has added that number.
    pub async fn insert(&self, key: &NewKey, serial: i64, now: Timestamp) -> Result<KeyRecord, StoreError> {
        let record = KeyRecord {
            kid: key.kid.clone(),
            serial,
            created_at: now,
            retired_at: None,
            published: false,
            // A struct of strings always serialises; every reader would refuse an empty key.
            public: serde_json::to_string(&key.public).unwrap_or_default(),
            sealed: key.sealed.clone(),
        };
        execute(self.collection.insert_one(&record)).await?;
        Ok(record)
    }

    /// Records that the key `kid` was published.
    pub async fn mark_published(&self, kid: &str) -> Result<(), StoreError> {
        self.update(doc! { "_id": kid }, doc! { "published": true }).await
    }

    /// Records that the key `serial` has stopped signing.
    pub async fn retire(&self, serial: i64, now: Timestamp) -> Result<(), StoreError> {
        let active = doc! { "serial": serial, "retired_at": null };
        self.update(active, doc! { "retired_at": now.to_string() }).await
    }

    /// Removes the key `kid`.
    pub async fn remove(&self, kid: &str) -> Result<(), StoreError> {
        execute(self.collection.delete_one(doc! { "_id": kid }))
            .await
            .map(drop)
    }

    async fn update(&self, filter: Document, fields: Document) -> Result<(), StoreError> {
        let update = self.collection.update_one(filter, doc! { "$set": fields });
        execute(update).await.map(drop)
    }
}
