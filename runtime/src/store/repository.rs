//! Loading and committing aggregates.

use std::marker::PhantomData;

use common::event::AggregateState;
use mongodb::{
    Collection, Database, IndexModel,
    bson::{Document, deserialize_from_document, doc, serialize_to_bson},
    options::IndexOptions,
};
use serde::{Deserialize, Serialize};

use super::{
    Aggregate, Cause, Change, CommandError, Created, DeletedUsers, NewAggregate, StoreError, Stored, bounded,
    outbox::{LastEvent, OutboxEntry, PENDING, fingerprint, is_full},
};
use crate::relay::RelayHandle;

/// How often a command without `If-Match` is decided anew after losing a race.
const ATTEMPTS: u64 = 16;

/// The aggregates of one kind.
#[derive(Debug)]
pub struct AggregateStore<A> {
    pub(super) collection: Collection<Document>,
    pub(super) service: &'static str,
    relay: RelayHandle,
    deleted_users: Option<DeletedUsers>,
    kind: PhantomData<fn() -> A>,
}

impl<A> Clone for AggregateStore<A> {
    fn clone(&self) -> Self {
        Self {
            collection: self.collection.clone(),
            service: self.service,
            relay: self.relay.clone(),
            deleted_users: self.deleted_users.clone(),
            kind: PhantomData,
        }
    }
}

#[derive(Deserialize)]
#[serde(bound = "A: Aggregate")]
pub(super) struct StoredDocument<A> {
    #[serde(rename = "_id")]
    id: String,
    version: i64,
    state: A,
    outbox: Vec<OutboxEntry>,
    pub(super) last_event: LastEvent,
    request_hash: Option<String>,
}

impl<A: Aggregate> StoredDocument<A> {
    pub(super) fn into_stored(self) -> Stored<A> {
        Stored {
            id: self.id,
            version: u64::try_from(self.version).unwrap_or_default(),
            state: self.state,
            outbox: self.outbox,
        }
    }
}

impl<A: Aggregate> AggregateStore<A> {
    /// The aggregates in `database`, whose events `relay` publishes in the name of `service`; see
    /// [`Storage::aggregates`](super::Storage::aggregates).
    pub(super) fn new(
        database: &Database,
        service: &'static str,
        relay: RelayHandle,
        deleted_users: Option<DeletedUsers>,
    ) -> Self {
        Self {
            collection: database.collection(A::COLLECTION),
            service,
            relay,
            deleted_users,
            kind: PhantomData,
        }
    }

    /// The documents, for the service's own queries and private fields. `version`, `state` and `outbox` are
    /// written here alone.
    pub fn collection(&self) -> &Collection<Document> {
        &self.collection
    }

    /// Makes the index by which the relay finds what waits.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let pending = IndexOptions::builder()
            .name("outbox_pending".to_owned())
            .partial_filter_expression(doc! { PENDING: { "$exists": true } })
            .build();
        let index = IndexModel::builder()
            .keys(doc! { "outbox.at": 1 })
            .options(pending)
            .build();
        self.collection.create_index(index).await?;
        Ok(())
    }

    /// The aggregate `id`, if there is one.
    ///
    /// # Errors
    /// If the database is away or the document cannot be read.
    pub async fn find(&self, id: &str) -> Result<Option<Stored<A>>, StoreError> {
        Ok(self.find_document(id).await?.map(StoredDocument::into_stored))
    }

    /// The aggregate `id`.
    ///
    /// # Errors
    /// As [`find`](Self::find), and [`StoreError::NotFound`].
    pub async fn load(&self, id: &str) -> Result<Stored<A>, StoreError> {
        self.find(id).await?.ok_or_else(|| StoreError::NotFound {
            kind: A::Public::KIND.as_str(),
            id: id.to_owned(),
        })
    }

    /// The aggregates that match `filter`, at most `limit`, in the order of `sort`.
    ///
    /// # Errors
    /// If the database is away or a document cannot be read.
    pub async fn list(
        &self,
        filter: Document,
        sort: Document,
        limit: i64,
    ) -> Result<Vec<Stored<A>>, StoreError> {
        bounded(async {
            let mut cursor = self.collection.find(filter).sort(sort).limit(limit).await?;
            let mut found = Vec::new();
            while cursor.advance().await? {
                let document: StoredDocument<A> = deserialize_from_document(cursor.deserialize_current()?)?;
                found.push(document.into_stored());
            }
            Ok(found)
        })
        .await
    }

    /// Creates an aggregate. With a request hash, the same request again finds what the first one made.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] names the unique index that refuses;
    /// [`StoreError::OwnerDeleted`] if the account of its owner was deleted;
    /// [`StoreError::IdempotencyKeyReused`] if the id was made from another request.
    pub async fn create(&self, new: NewAggregate<A>, cause: &Cause) -> Result<Created<A>, StoreError> {
        let id = new.state.public().aggregate_id();
        let last_event = LastEvent::new::<A>(new.fact, cause);
        let entry = last_event.encode(self.service, 1, &new.state)?;
        let mut document = doc! {
            "_id": &id,
            "version": 1_i64,
            "state": serialize_to_bson(&new.state)?,
            "outbox": [serialize_to_bson(&entry)?],
            "last_event": serialize_to_bson(&last_event)?,
            "request_hash": new.request_hash.clone(),
        };
        document.extend(new.private);

        match bounded(async { Ok(self.collection.insert_one(document).await?) }).await {
            Ok(_) => {
                self.relay.hint(A::COLLECTION, &id, vec![entry.clone()]);
                if let (Some(users), Some(owner)) = (&self.deleted_users, new.state.owner()) {
                    users.check_created(owner).await?;
                }
                Ok(Created::New(Stored {
                    id,
                    version: 1,
                    state: new.state,
                    outbox: vec![entry],
                }))
            }
            Err(error @ StoreError::Duplicate { .. }) => self
                .first_result(&id, new.request_hash.as_deref())
                .await?
                .map(Created::Existing)
                .ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// What an earlier creation of `id` made of the same `request`, if there was one: for a repetition that would
    /// be refused by now, because of the time, say.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] if it was made of another request.
    pub async fn repeated<R: Serialize>(
        &self,
        id: &str,
        request: &R,
    ) -> Result<Option<Stored<A>>, StoreError> {
        self.first_result(id, Some(&fingerprint(request))).await
    }

    /// What an earlier request with the same id made. A unique index may refuse before that of the id does, so
    /// the id decides, not the index that spoke.
    async fn first_result(&self, id: &str, hash: Option<&str>) -> Result<Option<Stored<A>>, StoreError> {
        let Some(hash) = hash else { return Ok(None) };
        match self.find_document(id).await? {
            Some(document) if document.request_hash.as_deref() == Some(hash) => {
                Ok(Some(document.into_stored()))
            }
            Some(_) => Err(StoreError::IdempotencyKeyReused),
            None => Ok(None),
        }
    }

    /// Commits `change` on `prior`: one write that succeeds only if nobody else committed since.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody did; [`StoreError::OutboxFull`] if too many of its events wait.
    pub async fn commit(
        &self,
        prior: &Stored<A>,
        change: Change<A>,
        cause: &Cause,
    ) -> Result<Stored<A>, StoreError> {
        let version = prior.version + 1;
        let last_event = LastEvent::new::<A>(change.fact, cause);
        let entry = last_event.encode(self.service, version, &change.state)?;
        if is_full(&prior.outbox, &entry) {
            return Err(StoreError::OutboxFull { id: prior.id.clone() });
        }
        let mut update = change.private;
        merge(
            &mut update,
            "$set",
            doc! {
                "version": stored_version(version),
                "state": serialize_to_bson(&change.state)?,
                "last_event": serialize_to_bson(&last_event)?,
            },
        );
        merge(
            &mut update,
            "$push",
            doc! { "outbox": serialize_to_bson(&entry)? },
        );
        let guard = doc! { "_id": &prior.id, "version": stored_version(prior.version) };

        let result = bounded(async { Ok(self.collection.update_one(guard, update).await?) }).await?;
        if result.matched_count == 0 {
            return Err(StoreError::Conflict { id: prior.id.clone() });
        }
        let mut outbox = prior.outbox.clone();
        outbox.push(entry);
        self.relay.hint(A::COLLECTION, &prior.id, outbox.clone());
        Ok(Stored {
            id: prior.id.clone(),
            version,
            state: change.state,
            outbox,
        })
    }

    /// Loads `id`, lets `decide` decide, commits; decides anew if somebody else was faster.
    ///
    /// `decide` answers `None` when there is nothing to change: the aggregate is returned as it is. With
    /// `if_match` a lost race is the caller's to settle, so it is told at once.
    ///
    /// # Errors
    /// What `decide` says, as [`CommandError::Domain`]; [`StoreError::VersionMismatch`] when the present version
    /// is not `if_match`; those of [`load`](Self::load) and [`commit`](Self::commit).
    pub async fn update<D: std::error::Error + 'static>(
        &self,
        id: &str,
        if_match: Option<u64>,
        cause: &Cause,
        mut decide: impl FnMut(&Stored<A>) -> Result<Option<Change<A>>, D>,
    ) -> Result<Stored<A>, CommandError<D>> {
        let mut attempt = 0;
        loop {
            let prior = self.load(id).await?;
            // The domain speaks first: a stranger is told that it is not theirs, not which version it has.
            let decision = decide(&prior).map_err(CommandError::Domain)?;
            if if_match.is_some_and(|expected| expected != prior.version) {
                return Err(StoreError::VersionMismatch {
                    current: prior.version,
                }
                .into());
            }
            let Some(change) = decision else { return Ok(prior) };
            match self.commit(&prior, change, cause).await {
                Err(StoreError::Conflict { .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                    // Many who lost at once would lose to each other again.
                    let pause = rand::random_range(0..=attempt);
                    tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
                }
                result => return Ok(result?),
            }
        }
    }

    async fn find_document(&self, id: &str) -> Result<Option<StoredDocument<A>>, StoreError> {
        bounded(async {
            let document = self.collection.find_one(doc! { "_id": id }).await?;
            Ok(document.map(deserialize_from_document).transpose()?)
        })
        .await
    }
}

/// MongoDB's whole numbers are signed; a version never comes near the difference.
fn stored_version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Adds `fields` to the operator's own, so that a service's private update and the commit are one write.
fn merge(update: &mut Document, operator: &str, fields: Document) {
    match update.get_document_mut(operator) {
        Ok(present) => present.extend(fields),
        Err(_) => {
            update.insert(operator, fields);
        }
    }
}
