//! People whose accounts are gone: `{_id: user id}`.
//!
//! A request of theirs may be in work when their name is taken off their comments; the comment that it makes is
//! told apart by this.

use common::ids::UserId;
use mongodb::{
    Collection, Database,
    bson::{Document, doc},
};
use runtime::store::{StoreError, bounded};

/// Who is gone. Found by `_id` alone, so it needs no index of its own.
#[derive(Debug, Clone)]
pub struct Departed(Collection<Document>);

impl Departed {
    /// Those in `database`.
    pub fn new(database: &Database) -> Self {
        Self(database.collection("departed_users"))
    }

    /// `user` is gone.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn add(&self, user: UserId) -> Result<(), StoreError> {
        let id = doc! { "_id": user.to_string() };
        match bounded(async { Ok(self.0.insert_one(id).await.map(drop)?) }).await {
            Err(StoreError::Duplicate { .. }) => Ok(()),
            result => result,
        }
    }

    /// Whether `user` is gone.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn contains(&self, user: UserId) -> Result<bool, StoreError> {
        let id = doc! { "_id": user.to_string() };
        bounded(async { Ok(self.0.find_one(id).await?.is_some()) }).await
    }
}
