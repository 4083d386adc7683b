//! User names and e-mail addresses, each belonging to one account: claims whose `_id` is the name.
//!
//! A claim comes before the commit that needs it and goes after the commit that frees it. One that a crash left behind
//! is taken over once its request cannot be running any more.
//!
//! Why not two unique indexes on the accounts: the MongoDB-wire server of development and tests (secantus-mdb
//! 0.5.3-beta.196) keeps a unique index's old key when an update changes it, so a freed name would stay taken there.
//! `_id` behaves alike on both.

use std::time::Duration;

use common::{event::Timestamp, ids::UserId};
use mongodb::{
    Collection, Database,
    bson::{Document, deserialize_from_document, doc},
};
use runtime::store::{StoreError, bounded};
use serde::Deserialize;

use super::{index, named};
use crate::domain::account::Login;

/// No request that claims takes so long until its commit; the longest time limit of a request.
const IN_FLIGHT: Duration = Duration::from_secs(300);
/// How often a claim is tried again that was released while it was looked at.
const ATTEMPTS: usize = 8;

/// The claims.
#[derive(Debug, Clone)]
pub struct Names {
    collection: Collection<Document>,
}

#[derive(Deserialize)]
struct Claim {
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

    /// Makes the index by which a deletion finds an account's claims.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        index(&self.collection, doc! { "user_id": 1 }, named("user")).await
    }

    /// Claims `name` for `user`; false if another's claim stands. Of many at once one succeeds.
    ///
    /// The caller then makes sure that no other account bears the name, since an old claim gives way.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn claim(&self, name: &Login, user: UserId, now: Timestamp) -> Result<bool, StoreError> {
        for _ in 0..ATTEMPTS {
            let claim = doc! { "_id": id(name), "user_id": user.to_string(), "at": now.to_string() };
            match bounded(async { Ok(self.collection.insert_one(claim).await.map(drop)?) }).await {
                Err(StoreError::Duplicate { .. }) => {}
                result => return result.map(|()| true),
            }
            let Some(present) = self.find(name).await? else {
                continue;
            };
            let in_flight = now.since(present.at) < IN_FLIGHT;
            return if present.user_id != user && in_flight {
                Ok(false)
            } else {
                self.take_over(name, &present, user, now).await
            };
        }
        Ok(false)
    }

    async fn find(&self, name: &Login) -> Result<Option<Claim>, StoreError> {
        bounded(async {
            let found = self.collection.find_one(doc! { "_id": id(name) }).await?;
            Ok(found.map(deserialize_from_document).transpose()?)
        })
        .await
    }

    async fn take_over(
        &self,
        name: &Login,
        present: &Claim,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (former, at) = (present.user_id.to_string(), present.at.to_string());
        let as_seen = doc! { "_id": id(name), "user_id": former, "at": at };
        let update = doc! { "$set": { "user_id": user.to_string(), "at": now.to_string() } };
        bounded(async { Ok(self.collection.update_one(as_seen, update).await?.matched_count == 1) }).await
    }

    /// Gives `name` up, if `user` claimed it at `until` or before; a later claim of theirs stays.
    ///
    /// # Errors
    /// If the database is away; the claim then gives way to the next who wants the name.
    pub async fn release(&self, name: &Login, user: UserId, until: Timestamp) -> Result<(), StoreError> {
        let claim =
            doc! { "_id": id(name), "user_id": user.to_string(), "at": { "$lte": until.to_string() } };
        bounded(async { Ok(self.collection.delete_one(claim).await.map(drop)?) }).await
    }

    /// Gives all names of `user` up, who is gone. Served by `user`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn release_all(&self, user: UserId) -> Result<(), StoreError> {
        let theirs = doc! { "user_id": user.to_string() };
        bounded(async { Ok(self.collection.delete_many(theirs).await.map(drop)?) }).await
    }
}

fn id(name: &Login) -> String {
    match name {
        Login::Username(key) => format!("username:{key}"),
        Login::Email(key) => format!("email:{key}"),
    }
}
