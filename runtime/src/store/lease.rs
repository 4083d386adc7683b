//! A lease: of all replicas one at a time does a thing, and another takes over when it is gone.

use std::time::Duration;

use mongodb::{
    Collection, Database,
    bson::{DateTime, Document, doc},
};

use super::{StoreError, bounded};

/// One named lease, held by at most one holder at a time by the database's clock.
///
/// A holder that was paused past the end of its lease may go on for a moment beside its successor; what it does
/// must be harmless then. Projections are: every write of theirs is guarded by a version.
#[derive(Debug, Clone)]
pub struct Lease {
    database: Database,
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
            database: database.clone(),
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
        let now = self.server_time().await?;
        let length = i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX);
        let until = DateTime::from_millis(now.timestamp_millis().saturating_add(length));
        let free =
            doc! { "_id": &self.name, "$or": [{ "holder": &self.holder }, { "until": { "$lte": now } }] };
        let take = doc! { "$set": { "holder": &self.holder, "until": until } };
        let taken = bounded(async { Ok(self.leases.update_one(free, take).upsert(true).await?) }).await;
        match taken {
            Ok(_) => Ok(true),
            // It is there and did not match: another holds it, or was faster.
            Err(StoreError::Duplicate { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The server's clock decides, so that the replicas' clocks need not agree.
    async fn server_time(&self) -> Result<DateTime, StoreError> {
        let hello = bounded(async { Ok(self.database.run_command(doc! { "hello": 1 }).await?) }).await?;
        Ok(hello
            .get_datetime("localTime")
            .copied()
            .unwrap_or_else(|_| DateTime::now()))
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
