//! A lease: one replica at a time does the work, and another takes over if it fails.

use std::time::Duration;

use mongodb::{
    Collection, Database,
    bson::{Document, doc},
    options::ReturnDocument,
};

use super::{StoreError, bounded};

/// One named lease, held by at most one holder at a time by the database's clock.
///
/// A holder that was paused past the end of its lease may continue for a moment beside its successor, so its work must
/// tolerate that. Projections do: versions guard all their writes.
#[derive(Debug, Clone)]
pub struct Lease {
    leases: Collection<Document>,
    name: String,
    holder: String,
    length: Duration,
}

impl Lease {
    /// The lease `name` in `database` for `holder`, a name unique among the replicas. It lasts `length` from each
    /// renewal.
    pub fn new(database: &Database, name: &str, holder: String, length: Duration) -> Self {
        Self {
            leases: database.collection("leases"),
            name: name.to_owned(),
            holder,
            length,
        }
    }

    /// How long it lasts from each renewal.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Acquires or renews the lease; false if another replica holds it. The server's clock decides.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn acquire(&self) -> Result<bool, StoreError> {
        let length = i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX);
        let holder = doc! { "$literal": &self.holder };
        let is_free = doc! { "$or": [
            { "$eq": ["$holder", &holder] },
            { "$lte": [{ "$ifNull": ["$until", "$$NOW"] }, "$$NOW"] },
        ] };
        let until = doc! { "$dateAdd": { "startDate": "$$NOW", "unit": "millisecond", "amount": length } };
        let acquire = vec![doc! { "$set": {
            "holder": { "$cond": [&is_free, holder, "$holder"] },
            "until": { "$cond": [is_free, until, "$until"] },
        } }];
        let update = self
            .leases
            .find_one_and_update(doc! { "_id": &self.name }, acquire)
            .upsert(true)
            .return_document(ReturnDocument::After);
        match bounded(async { Ok(update.await?) }).await {
            Ok(lease) => {
                let holder = lease.as_ref().and_then(|lease| lease.get_str("holder").ok());
                Ok(holder == Some(self.holder.as_str()))
            }
            // Another replica has created it at the same moment.
            Err(StoreError::Duplicate { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Releases the lease, so that a successor need not wait for its end.
    ///
    /// # Errors
    /// If the database is unavailable; the lease then expires.
    pub async fn release(&self) -> Result<(), StoreError> {
        let mine = doc! { "_id": &self.name, "holder": &self.holder };
        bounded(async { Ok(self.leases.delete_one(mine).await.map(drop)?) }).await
    }
}
