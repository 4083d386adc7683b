//! A lease: of all replicas one at a time does a thing, and another takes over when it is gone.

use std::time::Duration;

use mongodb::{
    Collection, Database,
    bson::{Bson, Document, doc},
    options::ReturnDocument,
};

use super::{StoreError, bounded};

/// One named lease, held by at most one holder at a time by the database's clock.
///
/// A holder that was paused past the end of its lease may go on for a moment beside its successor; what it does
/// must be harmless then. Projections are: every write of theirs is guarded by a version.
#[derive(Debug, Clone)]
pub struct Lease {
    leases: Collection<Document>,
    name: String,
    holder: String,
    length: Duration,
}

impl Lease {
    /// The lease `name` in `database` for `holder`, a name no other replica has. It lasts `length` from each
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

    /// Takes or renews the lease; false if another holds it.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn acquire(&self) -> Result<bool, StoreError> {
        let millis = i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX);
        // The server's clock decides, so that the replicas' clocks need not agree.
        let free = doc! { "$or": [
            { "$eq": ["$holder", &self.holder] },
            { "$lte": [{ "$ifNull": ["$until", Bson::Null] }, "$$NOW"] },
        ] };
        let update = vec![doc! { "$set": {
            "holder": { "$cond": [&free, &self.holder, "$holder"] },
            "until": { "$cond": [&free, { "$add": ["$$NOW", millis] }, "$until"] },
        } }];
        let leased = bounded(async {
            Ok(self
                .leases
                .find_one_and_update(doc! { "_id": &self.name }, update)
                .upsert(true)
                .return_document(ReturnDocument::After)
                .await?)
        })
        .await;
        match leased {
            Ok(lease) => {
                Ok(lease.is_some_and(|lease| lease.get_str("holder").is_ok_and(|h| h == self.holder)))
            }
            // Two replicas inserted the first lease at once: the other one has it.
            Err(StoreError::Duplicate { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives the lease back, so that a successor need not wait for its end.
    ///
    /// # Errors
    /// If the database is away; the lease then ends by itself.
    pub async fn release(&self) -> Result<(), StoreError> {
        let mine = doc! { "_id": &self.name, "holder": &self.holder };
        bounded(async { Ok(self.leases.delete_one(mine).await.map(drop)?) }).await
    }
}
