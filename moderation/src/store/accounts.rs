//! How old accounts are: `{_id: user id, created_at}`.

use common::{event::Timestamp, ids::UserId};
use mongodb::{
    Collection, Database,
    bson::{Document, deserialize_from_document, doc},
};
use runtime::store::{StoreError, bounded};
use serde::Deserialize;

/// The accounts. Found by `_id` alone, so it needs no index of its own.
#[derive(Debug, Clone)]
pub struct Accounts(Collection<Document>);

#[derive(Deserialize)]
struct Account {
    created_at: Timestamp,
}

impl Accounts {
    pub fn new(database: &Database) -> Self {
        Self(database.collection("accounts"))
    }

    /// Takes note of when `user` signed up; that never changes.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn note(&self, user: UserId, created_at: Timestamp) -> Result<(), StoreError> {
        let account = doc! { "_id": user.to_string(), "created_at": created_at.to_string() };
        match bounded(async { Ok(self.0.insert_one(account).await.map(drop)?) }).await {
            Err(StoreError::Duplicate { .. }) => Ok(()),
            result => result,
        }
    }

    /// Forgets the account.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget(&self, user: UserId) -> Result<(), StoreError> {
        let id = doc! { "_id": user.to_string() };
        bounded(async { Ok(self.0.delete_one(id).await.map(drop)?) }).await
    }

    /// When `user` signed up, if that is known.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn created_at(&self, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        bounded(async {
            let found = self.0.find_one(doc! { "_id": user.to_string() }).await?;
            let account: Option<Account> = found.map(deserialize_from_document).transpose()?;
            Ok(account.map(|account| account.created_at))
        })
        .await
    }
}
