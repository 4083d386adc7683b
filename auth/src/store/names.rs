//! User names and e-mail addresses, each claimed by one account: the `_id` of a claim is the name.
//!
//! A claim is inserted before the commit that needs it, and removed after the commit that releases it. A claim that a crash
//! left behind can be taken over once its request cannot be running any more.
//!
//! Why not two unique indexes on the accounts: the MongoDB-wire server for development and tests (secantus-mdb
//! 0.5.3-beta.196) keeps the old key of a unique index when an update changes it, so a released name would stay taken.
//! `_id` works the same on both.

use std::time::Duration;

use common::{event::Timestamp, ids::UserId};
use mongodb::{Collection, Database, bson::doc};
use runtime::store::{Index, StoreError, ensure_indexes, execute};
use serde::{Deserialize, Serialize};

use crate::domain::account::Login;

/// Longer than any request takes from its claim to its commit: the longest request timeout.
const IN_FLIGHT: Duration = Duration::from_secs(300);
/// How often a claim is retried if the existing one disappears in between.
const ATTEMPTS: usize = 8;

/// The claims.
#[derive(Debug, Clone)]
pub struct Names {
    collection: Collection<Claim>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claim {
    #[serde(rename = "_id")]
    name: String,
    user_id: UserId,
    at: Timestamp,
}

impl Names {
    /// The claims in `database`.
    pub fn new(database: &Database) -> Self {
        Self {
            collection: database.collection("names"),
        }
    }

    /// Creates the index that finds the claims of a user.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        ensure_indexes(&self.collection, [Index::new("user", doc! { "user_id": 1 })]).await
    }

    /// Claims `name` for `user`; `false` if it is claimed by another user. Of concurrent claims one succeeds.
    ///
    /// The caller then has to make sure that no other account has the name, since an old claim can be taken over.
    pub async fn claim(&self, name: &Login, user: UserId, now: Timestamp) -> Result<bool, StoreError> {
        let claim = Claim {
            name: id(name),
            user_id: user,
            at: now,
        };
        for _ in 0..ATTEMPTS {
            match execute(self.collection.insert_one(&claim)).await {
                Err(StoreError::Duplicate { .. }) => {}
                result => return result.map(|_| true),
            }
            let existing = execute(self.collection.find_one(doc! { "_id": &claim.name })).await?;
            let Some(existing) = existing else { continue };
            let in_flight = now.since(existing.at) < IN_FLIGHT;
            return if existing.user_id != user && in_flight {
                Ok(false)
            } else {
                self.take_over(&existing, user, now).await
            };
        }
        Ok(false)
    }

    async fn take_over(&self, existing: &Claim, user: UserId, now: Timestamp) -> Result<bool, StoreError> {
        let unchanged = doc! {
            "_id": &existing.name, "user_id": existing.user_id.to_string(), "at": existing.at.to_string(),
        };
        let update = doc! { "$set": { "user_id": user.to_string(), "at": now.to_string() } };
        let updated = execute(self.collection.update_one(unchanged, update)).await?;
        Ok(updated.matched_count == 1)
    }

    /// Releases `name` if `user` claimed it at `until` or before. A later claim of the user stays.
    ///
    /// # Errors
    /// If the database is unavailable; the claim can then be taken over later.
    pub async fn release(&self, name: &Login, user: UserId, until: Timestamp) -> Result<(), StoreError> {
        let claim =
            doc! { "_id": id(name), "user_id": user.to_string(), "at": { "$lte": until.to_string() } };
        execute(self.collection.delete_one(claim)).await.map(drop)
    }

    /// Releases all names of a deleted user. Uses the index `user`.
    pub async fn release_all(&self, user: UserId) -> Result<(), StoreError> {
        let claims = doc! { "user_id": user.to_string() };
        execute(self.collection.delete_many(claims)).await.map(drop)
    }
}

fn id(name: &Login) -> String {
    match name {
        Login::Username(key) => format!("username:{key}"),
        Login::Email(key) => format!("email:{key}"),
    }
}
