//! Sessions: one for each sign-in, until it is ended or its token expires.

use common::{
    event::Timestamp,
    ids::{SessionId, UserId},
};
use mongodb::{
    Collection, Database,
    bson::{DateTime, doc},
    options::ReturnDocument,
};
use runtime::store::{Index, StoreError, ensure_indexes, execute, fetch_all};
use serde::{Deserialize, Serialize};

use super::{date, expiry_index};

/// A stored session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    #[serde(rename = "_id")]
    pub id: SessionId,
    /// The user who signed in.
    pub user_id: UserId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When its last token was issued.
    pub renewed_at: Timestamp,
    /// When its last token expires; MongoDB deletes it then.
    expires_at: DateTime,
    /// The browser's `User-Agent`.
    pub user_agent: String,
    /// The client's address.
    pub address: String,
    /// Whether it was ended.
    revoked: bool,
    /// Whether its end is on the bus.
    revocation_published: bool,
}

impl Session {
    /// A session that starts at `now`.
    pub fn start(
        user_id: UserId,
        now: Timestamp,
        expires_at: Timestamp,
        user_agent: String,
        address: String,
    ) -> Self {
        Self {
            id: SessionId::generate(),
            user_id,
            created_at: now,
            renewed_at: now,
            expires_at: date(expires_at),
            user_agent,
            address,
            revoked: false,
            revocation_published: false,
        }
    }

    /// When its last token expires.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.expires_at.timestamp_millis()).unwrap_or(self.renewed_at)
    }
}

/// The sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    collection: Collection<Session>,
}

impl Sessions {
    /// The sessions in `database`.
    pub fn new(database: &Database) -> Self {
        Self {
            collection: database.collection("sessions"),
        }
    }

    /// Creates the indexes: by user, by expiry, and of ended sessions.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let ended = Index::new("ended", doc! { "revocation_published": 1, "expires_at": 1 });
        let indexes = [
            Index::new("user", doc! { "user_id": 1, "_id": -1 }),
            ended.partial(doc! { "revoked": true }),
            expiry_index(),
        ];
        ensure_indexes(&self.collection, indexes).await
    }

    /// Stores a new session.
    pub async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        execute(self.collection.insert_one(session)).await.map(drop)
    }

    /// Renews the session `id` unless it was ended; returns whether it was renewed.
    pub async fn renew(
        &self,
        id: SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let active = doc! { "_id": id.to_string(), "revoked": false };
        let update = doc! { "$set": { "renewed_at": now.to_string(), "expires_at": date(expires_at) } };
        let renewed = execute(self.collection.update_one(active, update)).await?;
        Ok(renewed.matched_count == 1)
    }

    /// At most `limit` active sessions of `user` after `after`, newest first. Uses the index `user`.
    pub async fn list(
        &self,
        user: UserId,
        now: Timestamp,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let mut filter =
            doc! { "user_id": user.to_string(), "revoked": false, "expires_at": { "$gt": date(now) } };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$lt": after.to_string() });
        }
        let find = self.collection.find(filter).sort(doc! { "_id": -1 });
        fetch_all(find.limit(limit.into())).await
    }

    /// Ends the session `id` of `user`; `None` if there is no such session. Idempotent.
    pub async fn end(&self, id: SessionId, user: UserId) -> Result<Option<Session>, StoreError> {
        let own = doc! { "_id": id.to_string(), "user_id": user.to_string() };
        let end = self
            .collection
            .find_one_and_update(own, doc! { "$set": { "revoked": true } })
            .return_document(ReturnDocument::After);
        execute(end).await
    }

    /// Ends all sessions of `user` but `keep`; returns those whose end is not published yet.
    pub async fn end_all(&self, user: UserId, keep: Option<SessionId>) -> Result<Vec<Session>, StoreError> {
        let keep = keep.map(|id| id.to_string());
        let active = doc! { "user_id": user.to_string(), "revoked": false, "_id": { "$ne": keep } };
        let update = doc! { "$set": { "revoked": true } };
        execute(self.collection.update_many(active, update)).await?;
        let pending = doc! { "user_id": user.to_string(), "revoked": true, "revocation_published": false };
        fetch_all(self.collection.find(pending)).await
    }

    /// At most `limit` ended sessions whose end is not published. Uses the index `ended`.
    pub async fn unpublished(&self, limit: usize) -> Result<Vec<Session>, StoreError> {
        let filter = doc! { "revoked": true, "revocation_published": false };
        let find = self.collection.find(filter).sort(doc! { "expires_at": 1 });
        fetch_all(find.limit(i64::try_from(limit).unwrap_or(i64::MAX))).await
    }

    /// All ended sessions whose tokens have not expired. Uses the index `ended`.
    pub async fn ended(&self, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let filter = doc! { "revoked": true, "expires_at": { "$gt": date(now) } };
        fetch_all(self.collection.find(filter).sort(doc! { "expires_at": 1 })).await
    }

    /// The number of published ones among the [`ended`](Self::ended) sessions. Uses the index `ended`.
    pub async fn count_published(&self, now: Timestamp) -> Result<u64, StoreError> {
        let filter =
            doc! { "revoked": true, "revocation_published": true, "expires_at": { "$gt": date(now) } };
        execute(self.collection.count_documents(filter)).await
    }

    /// Records that the end of the sessions `ids` was published.
    pub async fn mark_published(&self, ids: &[SessionId]) -> Result<(), StoreError> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let update = doc! { "$set": { "revocation_published": true } };
        let published = self
            .collection
            .update_many(doc! { "_id": { "$in": ids } }, update);
        execute(published).await.map(drop)
    }
}
