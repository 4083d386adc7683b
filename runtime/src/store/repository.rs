//! Loading and committing aggregates.

use std::marker::PhantomData;

use common::event::AggregateState;
use mongodb::{
    Collection, Database,
    bson::{Document, doc, serialize_to_bson, serialize_to_document},
};
use serde::Serialize;

use super::{
    Aggregate, Attempts, Cause, Change, CommandError, Created, DeletedUsers, Index, NewAggregate, StoreError,
    Stored,
    document::{StoredDocument, next_state},
    ensure_indexes, execute, fetch_all,
    hint::RelayHandle,
    last_event::LastEvent,
    outbox::{AggregateKey, OutboxEntry, PENDING, WaitingEvent, fingerprint, is_full},
};

/// The aggregates of one type.
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

    /// The documents, for the service's own queries and private fields. Only this module writes `version`,
    /// `state` and `outbox`.
    pub fn collection(&self) -> &Collection<Document> {
        &self.collection
    }

    /// The documents as `T`, for queries with a projection.
    pub fn documents_as<T: Send + Sync>(&self) -> Collection<T> {
        self.collection.clone_with_type()
    }

    /// Creates the [indexes of the aggregate](Aggregate::indexes), and that by which the relay finds waiting events.
    ///
    /// # Errors
    /// If the database is unavailable or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        let outbox = Index::new("outbox_pending", doc! { "outbox.at": 1 }).where_exists(PENDING);
        ensure_indexes(&self.collection, A::indexes().into_iter().chain([outbox])).await
    }

    /// The aggregate `id`, if there is one.
    ///
    /// # Errors
    /// If the database is unavailable or the document cannot be read.
    pub async fn find(&self, id: &str) -> Result<Option<Stored<A>>, StoreError> {
        self.find_document(id)
            .await?
            .map(StoredDocument::read)
            .transpose()
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
    /// If the database is unavailable or a document cannot be read.
    pub async fn list(
        &self,
        filter: Document,
        sort: Document,
        limit: i64,
    ) -> Result<Vec<Stored<A>>, StoreError> {
        let documents = self.documents_as::<StoredDocument>();
        let found = fetch_all(documents.find(filter).sort(sort).limit(limit)).await?;
        found.into_iter().map(StoredDocument::read).collect()
    }

    /// Creates an aggregate. With a request hash, the same request again returns the first result.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] names the unique index that refuses;
    /// [`StoreError::OwnerDeleted`] if the account of its owner was deleted;
    /// [`StoreError::IdempotencyKeyReused`] if another request created the id.
    pub async fn create(&self, new: NewAggregate<A>, cause: &Cause) -> Result<Created<A>, StoreError> {
        self.reject_deleted_owner(&new.state).await?;
        let id = new.state.public().aggregate_id();
        let last_event = LastEvent::new::<A>(new.fact, cause);
        let entry = last_event.encode(self.service, 1, &new.state)?;
        let mut document = doc! {
            "_id": &id,
            "version": 1_i64,
            "state": serialize_to_document(&new.state)?,
            "outbox": [serialize_to_bson(&entry)?],
            "last_event": serialize_to_bson(&last_event)?,
            "request_hash": new.request_hash.clone(),
        };
        document.extend(new.private);

        match execute(self.collection.insert_one(document)).await {
            Ok(_) => {
                let outbox = vec![WaitingEvent::from(&entry)];
                self.hint(&id, entry, &[]);
                self.check_owner(&new.state, None).await?;
                Ok(Created::New(Stored {
                    id,
                    version: 1,
                    state: new.state,
                    outbox,
                    document: None,
                    newer_type: None,
                }))
            }
            Err(error @ StoreError::Duplicate { .. }) => self
                .existing_result(&id, new.request_hash.as_deref())
                .await?
                .map(Created::Existing)
                .ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// The result of an earlier creation of `id` by the same `request`, if there was one: for a repetition that would
    /// now be refused, for example because of the time.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] if another request created it.
    pub async fn repeated<R: Serialize>(
        &self,
        id: &str,
        request: &R,
    ) -> Result<Option<Stored<A>>, StoreError> {
        self.existing_result(id, Some(&fingerprint(request)?)).await
    }

    /// The result of an earlier request with the same id. Another unique index may refuse before that of the id
    /// does, so the id decides, not the index of the error.
    async fn existing_result(&self, id: &str, hash: Option<&str>) -> Result<Option<Stored<A>>, StoreError> {
        let Some(hash) = hash else { return Ok(None) };
        match self.find_document(id).await? {
            Some(document) if document.request_hash.as_deref() == Some(hash) => Ok(Some(document.read()?)),
            Some(_) => Err(StoreError::IdempotencyKeyReused),
            None => Ok(None),
        }
    }

    /// Commits `change` on `prior`: one write that succeeds only if no other command committed since.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if one did; [`StoreError::OutboxFull`] if too many of its events wait.
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
        let next = next_state(prior, &change)?;
        let mut update = change.private;
        merge(
            &mut update,
            "$set",
            doc! {
                "version": stored_version(version),
                "state": next.state,
                "last_event": serialize_to_bson(&last_event)?,
            },
        );
        merge(
            &mut update,
            "$push",
            doc! { "outbox": serialize_to_bson(&entry)? },
        );
        let guard = doc! { "_id": &prior.id, "version": stored_version(prior.version) };

        let result = execute(self.collection.update_one(guard, update)).await?;
        if result.matched_count == 0 {
            return Err(StoreError::Conflict { id: prior.id.clone() });
        }
        let mut outbox = prior.outbox.clone();
        outbox.push(WaitingEvent::from(&entry));
        self.hint(&prior.id, entry, &prior.outbox);
        self.check_owner(&change.state, Some(cause)).await?;
        Ok(Stored {
            id: prior.id.clone(),
            version,
            state: change.state,
            outbox,
            document: next.document,
            newer_type: None,
        })
    }

    /// Commits `change` on `prior`, or creates the aggregate if there is none.
    ///
    /// # Errors
    /// As [`commit`](Self::commit) and [`create`](Self::create); [`StoreError::Conflict`], too, if another command
    /// created it first.
    pub async fn save(
        &self,
        prior: Option<&Stored<A>>,
        change: Change<A>,
        cause: &Cause,
    ) -> Result<Stored<A>, StoreError> {
        match prior {
            Some(prior) => self.commit(prior, change, cause).await,
            None => {
                let id = change.state.public().aggregate_id();
                match self.create(change.into_new(), cause).await {
                    Ok(created) => Ok(created.into_stored()),
                    Err(error) if error.is_lost_race() => Err(StoreError::Conflict { id }),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// Loads `id`, calls `decide` and commits; decides again after a lost race.
    ///
    /// `decide` returns `None` when there is nothing to change: the aggregate is returned as it is. A race that is
    /// lost with `if_match` is for the caller to resolve, so it is an error.
    ///
    /// # Errors
    /// Those of `decide`, as [`CommandError::Domain`]; [`StoreError::VersionMismatch`] when the current version
    /// is not `if_match`; those of [`load`](Self::load) and [`commit`](Self::commit).
    pub async fn update<D: std::error::Error + 'static>(
        &self,
        id: &str,
        if_match: Option<u64>,
        cause: &Cause,
        mut decide: impl FnMut(&Stored<A>) -> Result<Option<Change<A>>, D>,
    ) -> Result<Stored<A>, CommandError<D>> {
        let mut attempts = Attempts::default();
        loop {
            let prior = self.load(id).await?;
            // The domain's error comes first: a user who may not change it does not learn its version.
            let decision = decide(&prior).map_err(CommandError::Domain)?;
            if if_match.is_some_and(|expected| expected != prior.version) {
                let current = prior.version;
                return Err(StoreError::VersionMismatch { current }.into());
            }
            let Some(change) = decision else { return Ok(prior) };
            match self.commit(&prior, change, cause).await {
                Ok(stored) => return Ok(stored),
                Err(error) => attempts.retry(error).await?,
            }
        }
    }

    /// Like [`update`](Self::update) for an aggregate that need not exist: `decide` gets `None` then, and its change
    /// creates it. Returns the aggregate after the command, `None` if there is none and `decide` makes none.
    ///
    /// A `decide` that must wait for something is a loop of its own, with [`save`](Self::save) and [`Attempts`].
    ///
    /// # Errors
    /// Those of `decide` and of [`save`](Self::save).
    pub async fn create_or_update<E: From<StoreError>>(
        &self,
        id: &str,
        cause: &Cause,
        mut decide: impl FnMut(Option<&Stored<A>>) -> Result<Option<Change<A>>, E>,
    ) -> Result<Option<Stored<A>>, E> {
        let mut attempts = Attempts::default();
        loop {
            let prior = self.find(id).await?;
            let Some(change) = decide(prior.as_ref())? else {
                return Ok(prior);
            };
            match self.save(prior.as_ref(), change, cause).await {
                Ok(stored) => return Ok(Some(stored)),
                Err(error) => attempts.retry(error).await?,
            }
        }
    }

    /// Changes the aggregate `id`, if there is one, by a decision that the domain never refuses: what follows from an
    /// event.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub async fn update_existing(
        &self,
        id: &str,
        cause: &Cause,
        decide: impl Fn(&A) -> Option<Change<A>>,
    ) -> Result<(), StoreError> {
        let decide = |prior: Option<&Stored<A>>| Ok(prior.and_then(|prior| decide(&prior.state)));
        self.create_or_update(id, cause, decide).await.map(drop)
    }

    /// To be called before a creation: once the deletion of the owner is known, nothing of it is committed or published.
    async fn reject_deleted_owner(&self, state: &A) -> Result<(), StoreError> {
        match (&self.deleted_users, state.owner()) {
            (Some(users), Some(owner)) if users.contains(owner).await? => Err(StoreError::OwnerDeleted),
            _ => Ok(()),
        }
    }

    /// To be called after a commit: refuses what a deleted user writes while or after their content is removed, and has
    /// it removed, too. A `cause` of another actor, such as moderation, is not refused.
    async fn check_owner(&self, state: &A, cause: Option<&Cause>) -> Result<(), StoreError> {
        let (Some(users), Some(owner)) = (&self.deleted_users, state.owner()) else {
            return Ok(());
        };
        if cause.is_some_and(|cause| cause.actor != format!("user:{owner}")) {
            return Ok(());
        }
        users.check_written(owner).await
    }

    async fn find_document(&self, id: &str) -> Result<Option<StoredDocument>, StoreError> {
        execute(self.documents_as().find_one(doc! { "_id": id })).await
    }

    fn hint(&self, id: &str, event: OutboxEntry, earlier: &[WaitingEvent]) {
        let key = AggregateKey {
            collection: A::COLLECTION,
            id: id.to_owned(),
        };
        self.relay
            .hint(key, event, earlier.iter().map(|event| event.id).collect());
    }
}

/// MongoDB's integers are signed; no version comes near the limit.
fn stored_version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Adds `fields` to those of `operator`, so that a service's private update and the commit are one write.
fn merge(update: &mut Document, operator: &str, fields: Document) {
    match update.get_document_mut(operator) {
        Ok(present) => present.extend(fields),
        Err(_) => {
            update.insert(operator, fields);
        }
    }
}
