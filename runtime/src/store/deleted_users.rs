//! Users whose accounts were deleted, and the guard against what they still create.
//!
//! Removing a deleted user's content lists it and deletes it. A creation that commits after the listing would stay: its
//! token was still valid, or its replica had not yet seen the revocation. So the deletion is recorded before the listing,
//! and every creation reads the record before and after it commits. Either the listing finds the aggregate, or the creation finds
//! the record; it is then refused, and the removal is repeated. A process that dies between its commit and its look at
//! the record is covered by one more removal, once every request of that time has ended.

use std::{sync::Arc, time::Duration};

use common::ids::UserId;
use futures::TryStreamExt as _;
use mongodb::{
    Collection, Database, IndexModel,
    bson::{DateTime, doc},
    options::IndexOptions,
};
use serde::Deserialize;
use tokio::sync::Notify;

use super::{StoreError, bounded};

/// How often a replica looks for removals that another one left.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The most users read at a time.
const PAGE: i64 = 100;

/// A deleted user; `due` is when the removal is to be repeated, if it is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DeletedUser {
    #[serde(rename = "_id")]
    id: UserId,
    due: Option<DateTime>,
}

impl DeletedUser {
    pub(crate) fn user(&self) -> UserId {
        self.id
    }
}

/// The users whose deletion this service has seen; cheap to clone.
#[derive(Debug, Clone)]
pub struct DeletedUsers {
    users: Collection<DeletedUser>,
    /// After this time every request that was in progress at a deletion has ended.
    grace: Duration,
    created_after: Arc<Notify>,
}

impl DeletedUsers {
    /// Those recorded in `database`. `grace` is longer than any request takes.
    pub fn new(database: &Database, grace: Duration) -> Self {
        Self {
            users: database.collection("deleted_users"),
            grace,
            created_after: Arc::default(),
        }
    }

    /// Creates the index by which removals are found.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let options = IndexOptions::builder()
            .name("due".to_owned())
            .partial_filter_expression(doc! { "due": { "$type": "date" } })
            .build();
        let index = IndexModel::builder()
            .keys(doc! { "due": 1 })
            .options(options)
            .build();
        self.users.create_index(index).await?;
        Ok(())
    }

    /// Records the deletion of `user`; the removal is repeated after the grace time.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn add(&self, user: UserId) -> Result<(), StoreError> {
        let due = DateTime::from_millis(now() + millis(self.grace));
        self.schedule(user, due, true).await.map(drop)
    }

    /// Whether `user` was deleted, as far as this service knows.
    ///
    /// # Errors
    /// If the database is unavailable.
    pub async fn contains(&self, user: UserId) -> Result<bool, StoreError> {
        bounded(async { Ok(self.users.find_one(doc! { "_id": user.to_string() }).await?) })
            .await
            .map(|found| found.is_some())
    }

    /// To be called after `owner` wrote something.
    ///
    /// # Errors
    /// [`StoreError::OwnerDeleted`] if the account was deleted: what was written is about to be removed.
    pub(super) async fn check_written(&self, owner: UserId) -> Result<(), StoreError> {
        if !self.contains(owner).await? {
            return Ok(());
        }
        self.schedule(owner, DateTime::from_millis(now()), false).await?;
        self.created_after.notify_one();
        Err(StoreError::OwnerDeleted)
    }

    /// Waits until a removal may be due.
    pub(crate) async fn next_check(&self) {
        let _ = tokio::time::timeout(POLL_INTERVAL, self.created_after.notified()).await;
    }

    /// The users whose removal is due, the longest due first, without `except`.
    pub(crate) async fn due(&self, except: &[DeletedUser]) -> Result<Vec<DeletedUser>, StoreError> {
        let except: Vec<String> = except.iter().map(|user| user.id.to_string()).collect();
        let due = doc! { "due": { "$lte": DateTime::from_millis(now()) }, "_id": { "$nin": except } };
        bounded(async {
            let found = self.users.find(due).sort(doc! { "due": 1 }).limit(PAGE).await?;
            Ok(found.try_collect().await?)
        })
        .await
    }

    /// The removal of `user` is done, unless another became due meanwhile.
    pub(crate) async fn done(&self, user: &DeletedUser) -> Result<(), StoreError> {
        let unchanged = doc! { "_id": user.id.to_string(), "due": user.due };
        let update = doc! { "$unset": { "due": "" } };
        bounded(async { Ok(self.users.update_one(unchanged, update).await.map(drop)?) }).await
    }

    async fn schedule(&self, user: UserId, due: DateTime, upsert: bool) -> Result<(), StoreError> {
        let id = doc! { "_id": user.to_string() };
        let update = doc! { "$set": { "due": due } };
        bounded(async { Ok(self.users.update_one(id, update).upsert(upsert).await.map(drop)?) }).await
    }
}

fn now() -> i64 {
    DateTime::now().timestamp_millis()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
