//! Applies batches to one generation of the read model.
//!
//! Every write is guarded: a document by its version, a count and the checkpoint by the projector's term. So a
//! batch may be applied twice (a crash before its checkpoint) or by two projectors at once (a lease that was
//! overslept), and the model is the same. A batch goes: documents, counts, checkpoint, note. A reader who
//! finds a document whose `batch` the checkpoint has not reached knows that its counts are not settled yet.

use std::{collections::HashMap, sync::Arc};

use mongodb::{
    Collection, Namespace,
    bson::{Document, deserialize_from_document, doc, serialize_to_document},
    error::ErrorKind,
    options::{UpdateOneModel, WriteModel},
};
use runtime::{
    bus::{Batch, Checkpoint, Projection},
    store::StoreError,
};
use serde::Serialize;

use super::{
    documents,
    fold::{ById, Folded},
    keeper::Gate,
    touched::{Prior, Touched},
};
use crate::{
    live::Hub,
    notes::Note,
    store::{Generation, Meta, Progress, Store, patiently},
};

/// Documents written at once. Rendered posts are large, so they go in smaller steps.
const STEP: usize = 200;
const RENDER_STEP: usize = 16;
/// MongoDB's error code of a violated unique index.
const DUPLICATE_KEY: i32 = 11000;

/// Writes one generation.
#[derive(Debug)]
pub struct Writer {
    pub(super) generation: Generation,
    meta: Meta,
    pub(super) progress: Progress,
}

impl Writer {
    /// Takes up the projection of generation `number`; whoever did it before is refused from now on.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn take_up(store: &Store, number: u32) -> Result<Self, StoreError> {
        Ok(Self {
            generation: store.generation(number),
            meta: store.meta.clone(),
            progress: store.meta.take_up(number).await?,
        })
    }

    pub fn checkpoint(&self) -> Checkpoint {
        self.progress.checkpoint()
    }

    /// Applies `batch` and stores its checkpoint; answers what it touched.
    ///
    /// # Errors
    /// If the database is away; [`StoreError::Conflict`] if another projector has taken over.
    pub async fn apply(&mut self, batch: Batch) -> Result<Touched, StoreError> {
        if batch.entries.is_empty() && batch.checkpoint == self.checkpoint() {
            return Ok(Touched::default());
        }
        let events = batch.entries.len();
        let touched = self.write(Folded::of(batch.entries)).await?;
        self.recount(&touched).await?;
        self.finish(&batch.checkpoint).await?;
        metrics::counter!("query_events_applied_total").increment(events as u64);
        Ok(touched)
    }

    /// The first half: the documents.
    pub(super) async fn write(&self, folded: Folded) -> Result<Touched, StoreError> {
        let mut touched = Touched::by(&folded);
        let Folded {
            mut posts,
            mut users,
            mut comments,
            mut reactions,
            mut follows,
        } = folded;
        let target = &self.generation;

        for prior in news(&target.posts, &mut posts).await? {
            touched.post_was(&prior, posts.get(&prior.id));
        }
        for prior in news(&target.users, &mut users).await? {
            touched.user_was(&prior);
        }
        news(&target.comments, &mut comments).await?;
        news(&target.reactions, &mut reactions).await?;
        news(&target.follows, &mut follows).await?;

        let mut small = Vec::new();
        for newest in users.values() {
            small.push(self.guarded(&target.users, &documents::user(newest))?);
        }
        for (id, newest) in &reactions {
            small.push(self.guarded(&target.reactions, &documents::reaction(id, newest))?);
        }
        for (id, newest) in &follows {
            small.push(self.guarded(&target.follows, &documents::follow(id, newest))?);
        }
        self.bulk(small).await?;
        self.render_and_write(&target.posts, posts.into_values().collect(), documents::post)
            .await?;
        self.render_and_write(
            &target.comments,
            comments.into_values().collect(),
            documents::comment,
        )
        .await?;
        Ok(touched)
    }

    /// Stores that everything up to `checkpoint` is applied and counted.
    pub(super) async fn finish(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let done = Progress {
            term: self.progress.term,
            batches: self.progress.batches + 1,
            log_created: checkpoint.log_created.clone(),
            sequence: i64::try_from(checkpoint.sequence).unwrap_or(i64::MAX),
        };
        self.meta.store_progress(self.generation.number, &done).await?;
        self.progress = done;
        Ok(())
    }

    /// Rendering is slow and documents are large: a few at a time, on a thread that may block.
    async fn render_and_write<S, D>(
        &self,
        collection: &Collection<D>,
        states: Vec<S>,
        document: fn(&S) -> D,
    ) -> Result<(), StoreError>
    where
        S: Send + 'static,
        D: Serialize + Send + Sync + 'static,
    {
        let mut states = states.into_iter().peekable();
        while states.peek().is_some() {
            let step: Vec<S> = states.by_ref().take(RENDER_STEP).collect();
            let rendered = tokio::task::spawn_blocking(move || step.iter().map(document).collect::<Vec<D>>());
            let rendered = rendered
                .await
                .map_err(|error| StoreError::Unavailable(error.into()))?;
            let models = rendered.iter().map(|document| self.guarded(collection, document));
            self.bulk(models.collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    }

    /// The write of `document` if it is newer than what is there, or if nothing is.
    fn guarded<D: Serialize + Send + Sync>(
        &self,
        collection: &Collection<D>,
        document: &D,
    ) -> Result<WriteModel, StoreError> {
        let mut fields = serialize_to_document(document)?;
        let id = fields.remove("_id");
        let older = doc! { "_id": id, "v": { "$lt": fields.get("v").cloned() } };
        fields.insert("batch", self.progress.batches + 1);
        let mut at_first = doc! { "counts_term": 0_i64 };
        // What the next version of a post takes away is counted anew, even after a crash.
        for (shelf, counted) in [("tags", "counted_tags"), ("month", "counted_month")] {
            at_first.extend(fields.get(shelf).map(|value| (counted.to_owned(), value.clone())));
        }
        Ok(UpdateOneModel::builder()
            .namespace(collection.namespace())
            .filter(older)
            .update(doc! { "$set": fields, "$setOnInsert": at_first })
            .upsert(true)
            .build()
            .into())
    }

    /// A write of counts, refused where a later projector has counted already.
    pub(super) fn counted(
        &self,
        namespace: Namespace,
        id: &str,
        mut fields: Document,
        upsert: bool,
    ) -> WriteModel {
        fields.insert("counts_term", self.progress.term);
        UpdateOneModel::builder()
            .namespace(namespace)
            .filter(doc! { "_id": id, "counts_term": { "$lte": self.progress.term } })
            .update(doc! { "$set": fields })
            .upsert(upsert)
            .build()
            .into()
    }

    /// Runs `models` in steps. A duplicate id is no error here: the guard found nothing older, so that an insert
    /// was tried, and there is a newer one.
    pub(super) async fn bulk(&self, models: Vec<WriteModel>) -> Result<(), StoreError> {
        let client = self.generation.database().client();
        let mut models = models.into_iter().peekable();
        while models.peek().is_some() {
            let step: Vec<WriteModel> = models.by_ref().take(STEP).collect();
            let result =
                patiently(async { Ok(client.bulk_write(step).ordered(false).await.map(drop)) }).await?;
            match result {
                Err(error) if !only_duplicates(&error) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn only_duplicates(error: &mongodb::error::Error) -> bool {
    match &*error.kind {
        ErrorKind::BulkWrite(bulk) => {
            bulk.write_concern_errors.is_empty()
                && !bulk.write_errors.is_empty()
                && bulk
                    .write_errors
                    .values()
                    .all(|error| error.code == DUPLICATE_KEY)
        }
        _ => false,
    }
}

/// Leaves in `newest` only what is newer than the documents there, and answers what those are.
async fn news<S, D: Send + Sync>(
    collection: &Collection<D>,
    newest: &mut ById<S>,
) -> Result<Vec<Prior>, StoreError> {
    if newest.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&String> = newest.keys().collect();
    let fields = doc! { "v": 1, "tags": 1, "counted_tags": 1, "month": 1, "counted_month": 1, "status": 1,
    "username_key": 1 };
    let documents = collection.clone_with_type::<Document>();
    let priors: Vec<Prior> = patiently(async {
        let mut found = documents
            .find(doc! { "_id": { "$in": ids } })
            .projection(fields)
            .await?;
        let mut priors = Vec::new();
        while found.advance().await? {
            priors.push(deserialize_from_document(found.deserialize_current()?)?);
        }
        Ok(priors)
    })
    .await?;
    let versions: HashMap<&str, i64> = priors.iter().map(|prior| (prior.id.as_str(), prior.v)).collect();
    newest.retain(|id, newest| {
        versions
            .get(id.as_str())
            .is_none_or(|present| *present < newest.version)
    });
    Ok(priors)
}

/// The projection of the live generation: it also tells readers.
#[derive(Debug)]
pub struct LiveProjection {
    store: Store,
    number: u32,
    writer: Option<Writer>,
    gate: Arc<Gate>,
    hub: Hub,
}

impl LiveProjection {
    pub fn new(store: &Store, number: u32, gate: Arc<Gate>, hub: Hub) -> Self {
        Self {
            store: store.clone(),
            number,
            writer: None,
            gate,
            hub,
        }
    }
}

impl Projection for LiveProjection {
    fn name(&self) -> &str {
        common::event::topology::QUERY_PROJECTION
    }

    async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let progress = self.store.meta.progress(self.number).await?;
        Ok(progress.map(|progress| progress.checkpoint()).unwrap_or_default())
    }

    async fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        // Held while a new generation takes over, so that this one is not ahead of it then.
        let _open = self.gate.lock().await;
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::take_up(&self.store, self.number).await?,
        };
        let (pending, checkpoint) = (batch.pending, batch.checkpoint.clone());
        // After an error the writer is dropped, and the next one has a new term and the stored checkpoint.
        let touched = writer.apply(batch).await?;
        let batches = writer.progress.batches;
        self.writer = Some(writer);
        metrics::gauge!("query_log_pending").set(pending as f64);
        metrics::gauge!("query_log_position").set(checkpoint.sequence as f64);
        if !touched.keys.is_empty() {
            let note = Note::new(
                touched.keys,
                checkpoint.sequence,
                batches,
                self.number,
                self.hub.replica(),
            );
            self.hub.announce(note).await;
        }
        Ok(())
    }
}
