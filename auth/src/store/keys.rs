//! Signing keys in the database, their private parts sealed.

use common::event::Timestamp;
use mongodb::{
    Collection, Database,
    bson::{Document, deserialize_from_document, doc, serialize_to_document},
    options::IndexOptions,
};
use runtime::store::{StoreError, bounded};
use serde::{Deserialize, Serialize};

use super::index;
use crate::{
    domain::keys::KeyStatus,
    signing::{NewKey, Sealed},
};

/// A key as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its id.
    #[serde(rename = "_id")]
    pub kid: String,
    /// Counts keys up from 1; unique, so that of two replicas that make the first key one wins.
    pub serial: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it signs no more.
    pub retired_at: Option<Timestamp>,
    /// Whether the other services were told of it.
    pub published: bool,
    /// The public key, a JSON Web Key as text.
    pub public: String,
    /// The private key.
    pub sealed: Sealed,
}

impl KeyRecord {
    /// What decides about it.
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
    collection: Collection<Document>,
}

impl SigningKeys {
    /// The keys in `database`.
    pub fn new(database: &Database) -> Self {
        Self {
            collection: database.collection("signing_keys"),
        }
    }

    /// Makes the unique index of serials.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let options = IndexOptions::builder()
            .name("serial".to_owned())
            .unique(true)
            .build();
        index(&self.collection, doc! { "serial": 1 }, options).await
    }

    /// All of them, oldest first.
    ///
    /// # Errors
    /// If the database is away or a document cannot be read.
    pub async fn all(&self) -> Result<Vec<KeyRecord>, StoreError> {
        bounded(async {
            let mut cursor = self.collection.find(doc! {}).sort(doc! { "serial": 1 }).await?;
            let mut keys = Vec::new();
            while cursor.advance().await? {
                keys.push(deserialize_from_document(cursor.deserialize_current()?)?);
            }
            Ok(keys)
        })
        .await
    }

    /// Adds `key` as number `serial`.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] if another was faster.
    pub async fn insert(&self, key: &NewKey, serial: i64, now: Timestamp) -> Result<KeyRecord, StoreError> {
        let record = KeyRecord {
            kid: key.kid.clone(),
            serial,
            created_at: now,
            retired_at: None,
            published: false,
            // A struct of texts always serialises; an empty one would be refused by every reader.
            public: serde_json::to_string(&key.public).unwrap_or_default(),
            sealed: key.sealed.clone(),
        };
        let document = serialize_to_document(&record)?;
        bounded(async { Ok(self.collection.insert_one(document).await.map(drop)?) }).await?;
        Ok(record)
    }

    /// The other services were told of `kid`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn published(&self, kid: &str) -> Result<(), StoreError> {
        self.update(doc! { "_id": kid }, doc! { "published": true }).await
    }

    /// Number `serial` signs no more since `now`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn retire(&self, serial: i64, now: Timestamp) -> Result<(), StoreError> {
        let active = doc! { "serial": serial, "retired_at": null };
        self.update(active, doc! { "retired_at": now.to_string() }).await
    }

    /// Removes `kid`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn remove(&self, kid: &str) -> Result<(), StoreError> {
        bounded(async { Ok(self.collection.delete_one(doc! { "_id": kid }).await.map(drop)?) }).await
    }

    async fn update(&self, filter: Document, fields: Document) -> Result<(), StoreError> {
        let update = doc! { "$set": fields };
        bounded(async { Ok(self.collection.update_one(filter, update).await.map(drop)?) }).await
    }
}
