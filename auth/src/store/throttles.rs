//! Counters of wrong passwords and new accounts. Each increment is one atomic write, so concurrent requests are all
//! counted; MongoDB deletes expired counters.

use std::{collections::HashMap, time::Duration};

use common::event::Timestamp;
use mongodb::{Collection, Database, bson::doc};
use runtime::store::{StoreError, ensure_indexes, execute, fetch_all};
use serde::Deserialize;

use super::{date, expiry_index};
use crate::domain::throttle::Failures;

/// The counters.
#[derive(Debug, Clone)]
pub struct Throttles {
    collection: Collection<Counter>,
}

#[derive(Debug, Deserialize)]
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

    /// Creates the index by which MongoDB deletes expired counters.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        ensure_indexes(&self.collection, [expiry_index()]).await
    }

    /// The existing counters among `keys`. Uses `_id`.
    pub async fn counts(&self, keys: &[&str]) -> Result<HashMap<String, Failures>, StoreError> {
        let counters = fetch_all(self.collection.find(doc! { "_id": { "$in": keys } })).await?;
        let failures = |counter: Counter| {
            let count = u32::try_from(counter.count).unwrap_or(u32::MAX);
            let last = counter.last;
            (counter.key, Failures { count, last })
        };
        Ok(counters.into_iter().map(failures).collect())
    }

    /// Increments the counter `key`, which expires `lifetime` after `now`.
    pub async fn add(&self, key: &str, now: Timestamp, lifetime: Duration) -> Result<(), StoreError> {
        match self.increment(key, now, lifetime).await {
            // Of two concurrent first increments one creates the counter; the other one finds it now.
            Err(StoreError::Duplicate { .. }) => self.increment(key, now, lifetime).await,
            result => result,
        }
    }

    async fn increment(&self, key: &str, now: Timestamp, lifetime: Duration) -> Result<(), StoreError> {
        let update = doc! {
            "$inc": { "count": 1_i64 },
            "$set": { "last": now.to_string(), "expires_at": date(now.plus(lifetime)) },
        };
        let increment = self
            .collection
            .update_one(doc! { "_id": key }, update)
            .upsert(true);
        execute(increment).await.map(drop)
    }

    /// Deletes the counter `key`.
    pub async fn clear(&self, key: &str) -> Result<(), StoreError> {
        execute(self.collection.delete_one(doc! { "_id": key }))
            .await
            .map(drop)
    }
}
