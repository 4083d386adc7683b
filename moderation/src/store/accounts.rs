//! The age of accounts.

use common::{event::Timestamp, ids::UserId};
use mongodb::{Collection, bson::doc};
use runtime::store::{Storage, StoreError, execute};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Account {
    #[serde(rename = "_id")]
    id: UserId,
    created_at: Timestamp,
}

/// The accounts, found by `_id` only.
#[derive(Debug, Clone)]
pub struct Accounts(Collection<Account>);

impl Accounts {
    pub fn new(storage: &Storage) -> Self {
        Self(storage.collection("accounts"))
    }

    /// Stores when the account was created, which never changes.
    pub async fn insert(&self, id: UserId, created_at: Timestamp) -> Result<(), StoreError> {
        match execute(self.0.insert_one(Account { id, created_at })).await {
            Ok(_) | Err(StoreError::Duplicate { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn remove(&self, user: UserId) -> Result<(), StoreError> {
        execute(self.0.delete_one(doc! { "_id": user.to_string() }))
            .await
            .map(drop)
    }

    /// When the account was created, if it is known.
    pub async fn created_at(&self, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        let found = execute(self.0.find_one(doc! { "_id": user.to_string() })).await?;
        Ok(found.map(|account| account.created_at))
    }
}
