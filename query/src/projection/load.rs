//! Loads a generation that is not read yet: unordered inserts into bare collections; then the counters, counted by the
//! server, and the indexes.
//!
//! A document that exists already is replaced if it is older. So events may be read again after a crash, and a loader that
//! has lost its lease unnoticed does no harm.

use futures::future::try_join_all;
use mongodb::{
    Collection,
    bson::{doc, serialize_to_document},
    error::ErrorKind,
    options::{ReplaceOneModel, WriteModel},
};
use runtime::{bus::Batch, store::StoreError};
use serde::Serialize;
use tokio::task::JoinHandle;

use super::{
    counts::count_all,
    documents,
    fold::{ById, Folded, Versioned},
    rendering::render_all,
};
use crate::store::{Generation, Meta, Progress, Store, ensure_indexes, with_background_timeout};

/// Events that are reduced to the newest of each aggregate before they are written.
const STEP: usize = 4_000;
/// The most texts of a step, in bytes.
const STEP_BYTES: usize = 8 << 20;
/// Documents in one insert.
const INSERT: usize = 500;
/// MongoDB's error code of a violated unique index.
const DUPLICATE_KEY: i32 = 11000;

/// The loader of one generation.
#[derive(Debug)]
pub struct Loader {
    generation: Generation,
    meta: Meta,
    /// The progress once everything read is stored.
    progress: Progress,
    folded: Folded,
    events: usize,
    /// The write of the previous step, during which the next one is read.
    writing: Option<JoinHandle<Result<(), StoreError>>>,
}

impl Loader {
    /// Continues at `progress`, which this projector has acquired.
    pub fn new(store: &Store, number: u32, progress: Progress) -> Self {
        Self {
            generation: store.generation(number),
            meta: store.meta.clone(),
            progress,
            folded: Folded::default(),
            events: 0,
            writing: None,
        }
    }

    /// Adds the events of `batch`.
    pub async fn add(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.events += batch.entries.len();
        self.folded.add(batch.entries);
        self.progress.set_checkpoint(&batch.checkpoint);
        if self.events < STEP && self.folded.bytes() < STEP_BYTES {
            return Ok(());
        }
        self.store().await
    }

    /// Stores what was added, counts and creates the indexes; returns the progress, which a
    /// [`Writer`](super::writer::Writer) continues.
    pub async fn finish(mut self) -> Result<Progress, StoreError> {
        self.store().await?;
        self.stored().await?;
        tracing::info!(generation = self.generation.number, "counting and indexing");
        count_all(&self.generation).await?;
        ensure_indexes(&self.generation).await?;
        // The first batch: from now on the generation is complete up to its checkpoint.
        self.progress.batches = 1;
        self.meta
            .store_progress(self.generation.number, &self.progress)
            .await?;
        Ok(self.progress)
    }

    /// Begins to store what was added.
    pub(super) async fn store(&mut self) -> Result<(), StoreError> {
        self.stored().await?;
        self.events = 0;
        let folded = std::mem::take(&mut self.folded);
        let (generation, meta, progress) =
            (self.generation.clone(), self.meta.clone(), self.progress.clone());
        self.writing = Some(tokio::spawn(async move {
            write(&generation, folded).await?;
            meta.store_progress(generation.number, &progress).await
        }));
        Ok(())
    }

    /// Waits for the write of the previous step.
    async fn stored(&mut self) -> Result<(), StoreError> {
        match self.writing.take() {
            Some(writing) => writing
                .await
                .map_err(|error| StoreError::Unavailable(error.into()))?,
            None => Ok(()),
        }
    }
}

async fn write(target: &Generation, folded: Folded) -> Result<(), StoreError> {
    let Folded {
        posts,
        users,
        comments,
        reactions,
        follows,
    } = folded;
    tokio::try_join!(
        load(&target.posts, posts, documents::post),
        load(&target.users, users, documents::user),
        load(&target.comments, comments, documents::comment),
        load(&target.reactions, reactions, documents::reaction),
        load(&target.follows, follows, documents::follow),
    )?;
    Ok(())
}

async fn load<S, D>(
    collection: &Collection<D>,
    states: ById<S>,
    document: fn(&Versioned<S>) -> D,
) -> Result<(), StoreError>
where
    S: Send + 'static,
    D: Serialize + Send + Sync + 'static,
{
    let documents = render_all(states, document).await?;
    let mut inserts = Vec::new();
    for part in documents.chunks(INSERT) {
        inserts.push(with_background_timeout(insert(collection, part)));
    }
    try_join_all(inserts).await.map(drop)
}

async fn insert<D: Serialize + Send + Sync>(
    collection: &Collection<D>,
    documents: &[D],
) -> Result<(), StoreError> {
    let Err(error) = collection.insert_many(documents).ordered(false).await else {
        return Ok(());
    };
    let ErrorKind::InsertMany(failure) = &*error.kind else {
        return Err(error.into());
    };
    let refused = failure.write_errors.iter().flatten();
    let is_duplicate = refused.clone().all(|refused| refused.code == DUPLICATE_KEY);
    if failure.write_concern_error.is_some() || !is_duplicate {
        return Err(error.into());
    }
    let existing = refused.filter_map(|refused| documents.get(refused.index));
    let models = existing.map(|document| replace_older(collection, document));
    let models = models.collect::<Result<Vec<_>, _>>()?;
    let client = collection.client();
    client.bulk_write(models).ordered(false).await?;
    Ok(())
}

fn replace_older<D: Serialize + Send + Sync>(
    collection: &Collection<D>,
    document: &D,
) -> Result<WriteModel, StoreError> {
    let fields = serialize_to_document(document)?;
    let older = doc! { "_id": fields.get("_id").cloned(), "v": { "$lt": fields.get("v").cloned() } };
    let model = ReplaceOneModel::builder()
        .namespace(collection.namespace())
        .filter(older)
        .replacement(fields);
    Ok(model.build().into())
}
