//! Counters of wrong passwords and of sign-ups. Each change is one atomic write, so that requests at once are all
//! counted; MongoDB removes what has expired.

use std::{collections::HashMap, time::Duration};

use common::event::Timestamp;
use mongodb::{
    Collection, Database,
    bson::{Document, deserialize_from_document, doc},
};
use runtime::store::{StoreError, bounded};
use serde::Deserialize;

use super::{date, expiry_index};
use crate::domain::throttle::Failures;

/// The counters.
#[derive(Debug, Clone)]
pub struct Throttles {
    collection: Collection<Document>,
}

#[derive(Deserialize)]
struct Counter {
    #[serde(rename = "_id")]
    key: String,
    count: i64,
    last: Timestamp,
}

impl Throttles {
    /// The counters in `database`.
    pub fn new(database: &Database) -> Self {
        Self {
            collection: database.collection("throttles"),
        }
    }

    /// Makes the index by which MongoDB removes the expired.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        expiry_index(&self.collection).await
    }

    /// The counters of `keys` that there are. Served by `_id`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn counts(&self, keys: &[&str]) -> Result<HashMap<String, Failures>, StoreError> {
        bounded(async {
            let mut cursor = self.collection.find(doc! { "_id": { "$in": keys } }).await?;
            let mut found = HashMap::new();
            while cursor.advance().await? {
                let counter: Counter = deserialize_from_document(cursor.deserialize_current()?)?;
                let count = u32::try_from(counter.count).unwrap_or(u32::MAX);
                found.insert(
                    counter.key,
                    Failures {
                        count,
                        last: counter.last,
                    },
                );
            }
            Ok(found)
        })
        .await
    }

    /// Counts one more under `key`, to be remembered for `memory` from `now`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn add(&self, key: &str, now: Timestamp, memory: Duration) -> Result<(), StoreError> {
        match self.increment(key, now, memory).await {
            // Two first ones at once: the other made the document, so this one finds it.
            Err(StoreError::Duplicate { .. }) => self.increment(key, now, memory).await,
            result => result,
        }
    }

    async fn increment(&self, key: &str, now: Timestamp, memory: Duration) -> Result<(), StoreError> {
        let update = doc! {
            "$inc": { "count": 1_i64 },
            "$set": { "last": now.to_string(), "expires_at": date(now.plus(memory)) },
        };
        bounded(async {
            let counted = self
                .collection
                .update_one(doc! { "_id": key }, update)
                .upsert(true);
            Ok(counted.await.map(drop)?)
        })
        .await
    }

    /// Forgets `key`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn clear(&self, key: &str) -> Result<(), StoreError> {
        bounded(async { Ok(self.collection.delete_one(doc! { "_id": key }).await.map(drop)?) }).await
    }
}
