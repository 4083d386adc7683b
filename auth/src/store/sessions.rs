//! Sessions: one for each sign-in, until it is ended or its token expires.

use common::{
    event::Timestamp,
    ids::{SessionId, UserId},
};
use mongodb::{
    Collection, Database,
    bson::{DateTime, Document, deserialize_from_document, doc, serialize_to_document},
    options::ReturnDocument,
};
use runtime::store::{StoreError, bounded};
use serde::{Deserialize, Serialize};

use super::{date, expiry_index, index, named};

/// A session as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// When somebody signed in.
    pub created_at: Timestamp,
    /// When its last token was made.
    pub renewed_at: Timestamp,
    /// When its last token expires; MongoDB removes it then.
    expires_at: DateTime,
    /// What the browser said of itself.
    pub user_agent: String,
    /// The client's address.
    pub address: String,
    /// Whether it was ended.
    revoked: bool,
    /// Whether the other services were told of its end.
    revocation_published: bool,
}

impl Session {
    /// A session that begins at `now`.
    pub fn begin(
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
    collection: Collection<Document>,
}

impl Sessions {
    /// The sessions in `database`.
    pub fn new(database: &Database) -> Self {
        Self {
            collection: database.collection("sessions"),
        }
    }

    /// Makes the indexes: by user, by expiry, and of those that were ended.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        index(&self.collection, doc! { "user_id": 1, "_id": -1 }, named("user")).await?;
        let mut ended = named("ended");
        ended.partial_filter_expression = Some(doc! { "revoked": true });
        let keys = doc! { "revocation_published": 1, "expires_at": 1 };
        index(&self.collection, keys, ended).await?;
        expiry_index(&self.collection).await
    }

    /// Stores a new one.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        let document = serialize_to_document(session)?;
        bounded(async { Ok(self.collection.insert_one(document).await.map(drop)?) }).await
    }

    /// Prolongs `id`, unless it was ended; whether it was prolonged.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn renew(
        &self,
        id: SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let going_on = doc! { "_id": id.to_string(), "revoked": false };
        let update = doc! { "$set": { "renewed_at": now.to_string(), "expires_at": date(expires_at) } };
        bounded(async { Ok(self.collection.update_one(going_on, update).await?.matched_count == 1) }).await
    }

    /// Those of `user` that go on, newest first, after `after`. Served by `user`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn list(
        &self,
        user: UserId,
        now: Timestamp,
        after: Option<SessionId>,
        limit: i64,
    ) -> Result<Vec<Session>, StoreError> {
        let mut filter =
            doc! { "user_id": user.to_string(), "revoked": false, "expires_at": { "$gt": date(now) } };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$lt": after.to_string() });
        }
        self.find(filter, doc! { "_id": -1 }, limit).await
    }

    /// Ends `id` of `user`; `None` if there is no such session. Ending it twice is ending it once.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn end(&self, id: SessionId, user: UserId) -> Result<Option<Session>, StoreError> {
        let theirs = doc! { "_id": id.to_string(), "user_id": user.to_string() };
        bounded(async {
            let ended = self
                .collection
                .find_one_and_update(theirs, doc! { "$set": { "revoked": true } })
                .return_document(ReturnDocument::After)
                .await?;
            Ok(ended.map(deserialize_from_document).transpose()?)
        })
        .await
    }

    /// Ends all of `user` but `keep`, and answers those whose end is not published yet.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn end_all(&self, user: UserId, keep: Option<SessionId>) -> Result<Vec<Session>, StoreError> {
        let keep = keep.map(|id| id.to_string());
        let going_on = doc! { "user_id": user.to_string(), "revoked": false, "_id": { "$ne": keep } };
        bounded(async {
            let update = doc! { "$set": { "revoked": true } };
            Ok(self.collection.update_many(going_on, update).await.map(drop)?)
        })
        .await?;
        let told = doc! { "user_id": user.to_string(), "revoked": true, "revocation_published": false };
        self.find(told, doc! { "_id": -1 }, 0).await
    }

    /// Ended ones that the other services were not told of. Served by `ended`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unpublished(&self, limit: i64) -> Result<Vec<Session>, StoreError> {
        let filter = doc! { "revoked": true, "revocation_published": false };
        self.find(filter, doc! { "expires_at": 1 }, limit).await
    }

    /// All ended ones whose tokens have not expired. Served by `ended`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn ended(&self, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let filter = doc! { "revoked": true, "expires_at": { "$gt": date(now) } };
        self.find(filter, doc! { "expires_at": 1 }, 0).await
    }

    /// How many of the [`ended`](Self::ended) were published. Served by `ended`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn count_published(&self, now: Timestamp) -> Result<u64, StoreError> {
        let filter =
            doc! { "revoked": true, "revocation_published": true, "expires_at": { "$gt": date(now) } };
        bounded(async { Ok(self.collection.count_documents(filter).await?) }).await
    }

    /// The other services were told of the end of `ids`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn published(&self, ids: &[SessionId]) -> Result<(), StoreError> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let update = doc! { "$set": { "revocation_published": true } };
        let filter = doc! { "_id": { "$in": ids } };
        bounded(async { Ok(self.collection.update_many(filter, update).await.map(drop)?) }).await
    }

    async fn find(&self, filter: Document, sort: Document, limit: i64) -> Result<Vec<Session>, StoreError> {
        bounded(async {
            let mut cursor = self.collection.find(filter).sort(sort).limit(limit).await?;
            let mut found = Vec::new();
            while cursor.advance().await? {
                found.push(deserialize_from_document(cursor.deserialize_current()?)?);
            }
            Ok(found)
        })
        .await
    }
}
