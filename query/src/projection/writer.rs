//! Applies batches to one generation of the read model.
//!
//! The documents of a batch, what they add to counters, and the checkpoint are written in one transaction, which fails if
//! another projector has acquired the generation since (its term is greater). So a crash anywhere counts nothing twice,
//! and a projector that has lost its lease unnoticed changes nothing. What a batch writes is computed before, from the
//! documents that it replaces: only the holder of the term changes them.

use std::collections::{BTreeSet, HashMap};

use common::event::AggregateKind;
use mongodb::{
    Collection,
    bson::{doc, serialize_to_document},
    options::{ReplaceOneModel, WriteModel},
};
use runtime::{
    bus::{Batch, Checkpoint},
    store::StoreError,
};
use serde::Serialize;

use super::{
    counts::Deltas,
    documents,
    fold::{ById, Folded, Versioned},
    rendering::render_all,
};
use crate::{
    changes::{Key, keys_of},
    store::{Generation, Meta, Outline, Progress, Store, with_background_timeout},
};

/// The projector of one generation.
#[derive(Debug)]
pub struct Writer {
    generation: Generation,
    meta: Meta,
    progress: Progress,
}

/// The writes of a batch.
#[derive(Debug, Default, Clone)]
pub struct Prepared {
    models: Vec<WriteModel>,
    deltas: Deltas,
    /// What it changes.
    keys: BTreeSet<Key>,
}

impl Writer {
    /// Acquires the projection of generation `number`; earlier projectors of it are rejected from now on.
    pub async fn acquire(store: &Store, number: u32) -> Result<Self, StoreError> {
        Ok(Self::new(store, number, store.meta.acquire(number).await?))
    }

    /// Continues at `progress`, which this projector has acquired.
    pub fn new(store: &Store, number: u32, progress: Progress) -> Self {
        Self {
            generation: store.generation(number),
            meta: store.meta.clone(),
            progress,
        }
    }

    pub fn checkpoint(&self) -> Checkpoint {
        self.progress.checkpoint()
    }

    /// The number of applied batches.
    pub fn batches(&self) -> i64 {
        self.progress.batches
    }

    /// Whether `batch` contains nothing to apply.
    pub fn is_current(&self, batch: &Batch) -> bool {
        batch.entries.is_empty() && batch.checkpoint == self.checkpoint()
    }

    /// Applies a batch, and stores its checkpoint.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another projector has acquired the generation.
    pub async fn apply(
        &mut self,
        folded: Folded,
        checkpoint: &Checkpoint,
    ) -> Result<BTreeSet<Key>, StoreError> {
        let prepared = self.prepare(folded).await?;
        self.commit(prepared, checkpoint).await
    }

    /// Computes the writes of a batch.
    pub(super) async fn prepare(&self, folded: Folded) -> Result<Prepared, StoreError> {
        let mut batch = Prepared::default();
        let target = &self.generation;
        let Folded {
            posts,
            users,
            comments,
            reactions,
            follows,
        } = folded;
        self.add(
            &mut batch,
            &target.posts,
            posts,
            AggregateKind::Post,
            documents::post,
        )
        .await?;
        self.add(
            &mut batch,
            &target.users,
            users,
            AggregateKind::User,
            documents::user,
        )
        .await?;
        let kind = AggregateKind::Comment;
        self.add(&mut batch, &target.comments, comments, kind, documents::comment)
            .await?;
        let kind = AggregateKind::Reaction;
        self.add(
            &mut batch,
            &target.reactions,
            reactions,
            kind,
            documents::reaction,
        )
        .await?;
        let kind = AggregateKind::Follow;
        self.add(&mut batch, &target.follows, follows, kind, documents::follow)
            .await?;
        Ok(batch)
    }

    /// Adds the writes of what is newer than the stored documents.
    async fn add<S, D>(
        &self,
        batch: &mut Prepared,
        collection: &Collection<D>,
        mut newest: ById<S>,
        kind: AggregateKind,
        document: fn(&Versioned<S>) -> D,
    ) -> Result<(), StoreError>
    where
        S: Send + 'static,
        D: Serialize + Send + Sync + 'static,
    {
        let stored = with_background_timeout(self.generation.outlines(kind, newest.keys())).await?;
        let stored: HashMap<String, Outline> = stored.into_iter().map(|old| (old.id.clone(), old)).collect();
        newest.retain(|id, newest| stored.get(id).is_none_or(|old| old.v < newest.version));
        for document in render_all(newest, document).await? {
            let mut fields = serialize_to_document(&document)?;
            fields.insert("batch", self.progress.batches + 1);
            let new = Outline::of(&fields)?;
            let old = stored.get(&new.id);
            batch.deltas.add(kind, old, &new);
            let is_listed = new.is_published_post() || old.is_some_and(Outline::is_published_post);
            batch.keys.extend(keys_of(kind, &new, is_listed));
            batch
                .keys
                .extend(old.into_iter().flat_map(|old| keys_of(kind, old, is_listed)));
            batch.models.push(
                ReplaceOneModel::builder()
                    .namespace(collection.namespace())
                    .filter(doc! { "_id": new.id })
                    .replacement(fields)
                    .upsert(true)
                    .build()
                    .into(),
            );
        }
        Ok(())
    }

    /// Writes a batch and its checkpoint; returns what it has changed.
    pub(super) async fn commit(
        &mut self,
        batch: Prepared,
        checkpoint: &Checkpoint,
    ) -> Result<BTreeSet<Key>, StoreError> {
        let Prepared {
            mut models,
            deltas,
            keys,
        } = batch;
        models.extend(deltas.models(&self.generation));
        let progress = self.progress.after(checkpoint);
        let commit = self.meta.commit(self.generation.number, &progress, &models);
        with_background_timeout(commit).await?;
        self.progress = progress;
        Ok(keys)
    }

    /// Writes a batch as at a crash before the end of its transaction.
    #[cfg(test)]
    pub(super) async fn write_and_crash(&self, batch: Prepared) {
        let mut models = batch.models;
        models.extend(batch.deltas.models(&self.generation));
        let progress = self.progress.after(&self.checkpoint());
        self.meta
            .write_and_crash(self.generation.number, &progress, &models)
            .await;
    }
}
