//! Applies batches to one generation of the read model.
//!
//! Every write is guarded: a document by its version, counters and the checkpoint by the projector's term. So applying a
//! batch twice (after a crash before its checkpoint), or by two projectors concurrently (after a lease has expired
//! unnoticed), results in the same model. The order is: documents, counters, checkpoint, change note. A reader that finds a
//! document whose `batch` the checkpoint has not reached knows that the related counters are not up to date yet.

use std::collections::{HashMap, HashSet};

use common::event::PostState;
use futures::TryStreamExt as _;
use mongodb::{
    Collection, Namespace,
    bson::{Document, doc, serialize_to_document},
    error::ErrorKind,
    options::{ReplaceOneModel, UpdateOneModel, WriteModel},
};
use runtime::{
    bus::{Batch, Checkpoint},
    store::StoreError,
};
use serde::Serialize;

use super::{
    affected::{Affected, Previous},
    documents,
    fold::{ById, Folded, Versioned},
};
use crate::store::{Generation, Meta, Progress, Store, with_background_timeout};

/// Documents in one write. Rendered posts are large, so fewer of them are written at once.
const WRITE_SIZE: usize = 200;
const RENDERED_WRITE_SIZE: usize = 16;
/// With more known words than this, they are written again.
const MAX_WORDS: usize = 50_000;
/// MongoDB's error code of a violated unique index.
const DUPLICATE_KEY: i32 = 11000;

/// The projector of one generation.
#[derive(Debug)]
pub struct Writer {
    pub(super) generation: Generation,
    meta: Meta,
    progress: Progress,
    /// Words that are stored.
    words: HashSet<String>,
}

impl Writer {
    /// Acquires the projection of generation `number`; earlier projectors of it are rejected from now on.
    pub async fn acquire(store: &Store, number: u32) -> Result<Self, StoreError> {
        Ok(Self {
            generation: store.generation(number),
            meta: store.meta.clone(),
            progress: store.meta.acquire(number).await?,
            words: HashSet::new(),
        })
    }

    pub fn checkpoint(&self) -> Checkpoint {
        self.progress.checkpoint()
    }

    /// The number of completely applied batches.
    pub fn batches(&self) -> i64 {
        self.progress.batches
    }

    /// Applies a batch, and stores its checkpoint.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another projector has acquired the generation.
    pub async fn apply(&mut self, folded: Folded, checkpoint: &Checkpoint) -> Result<Affected, StoreError> {
        let affected = self.write(folded).await?;
        self.recount(&affected).await?;
        let progress = Progress {
            term: self.progress.term,
            batches: self.progress.batches + 1,
            log_created: checkpoint.log_created.clone(),
            sequence: i64::try_from(checkpoint.sequence).unwrap_or(i64::MAX),
        };
        self.meta
            .store_progress(self.generation.number, &progress)
            .await?;
        self.progress = progress;
        Ok(affected)
    }

    /// Whether `batch` contains nothing to apply.
    pub fn is_current(&self, batch: &Batch) -> bool {
        batch.entries.is_empty() && batch.checkpoint == self.checkpoint()
    }

    /// The first half of a batch: the documents.
    pub(super) async fn write(&mut self, folded: Folded) -> Result<Affected, StoreError> {
        let mut affected = Affected::by_events(&folded);
        let Folded {
            mut posts,
            mut users,
            mut comments,
            mut reactions,
            mut follows,
        } = folded;
        let new_words = self.new_words(&posts);
        let target = &self.generation;

        for previous in retain_newer(&target.posts, &mut posts).await? {
            affected.add_previous_post(&previous, posts.get(&previous.id));
        }
        for previous in retain_newer(&target.users, &mut users).await? {
            affected.add_previous_user(&previous);
        }
        retain_newer(&target.comments, &mut comments).await?;
        retain_newer(&target.reactions, &mut reactions).await?;
        retain_newer(&target.follows, &mut follows).await?;

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
        for word in new_words {
            small.push(self.known_word(word));
        }
        self.bulk(small).await?;
        self.render_and_write(&target.posts, posts, documents::post)
            .await?;
        self.render_and_write(&target.comments, comments, documents::comment)
            .await?;
        Ok(affected)
    }

    /// The words of `posts` that may not be stored yet.
    fn new_words(&mut self, posts: &ById<PostState>) -> Vec<String> {
        if self.words.len() > MAX_WORDS {
            self.words.clear();
        }
        let words = posts
            .values()
            .flat_map(|newest| documents::search_words(&newest.state));
        words.filter(|word| self.words.insert(word.clone())).collect()
    }

    fn known_word(&self, word: String) -> WriteModel {
        ReplaceOneModel::builder()
            .namespace(self.generation.words.namespace())
            .filter(doc! { "_id": word })
            .replacement(doc! {})
            .upsert(true)
            .build()
            .into()
    }

    /// Renders on a blocking thread, and writes a few documents at a time, because rendering is slow and documents are
    /// large.
    async fn render_and_write<S, D>(
        &self,
        collection: &Collection<D>,
        states: ById<S>,
        document: fn(&Versioned<S>) -> D,
    ) -> Result<(), StoreError>
    where
        S: Send + 'static,
        D: Serialize + Send + Sync + 'static,
    {
        let mut states = states.into_values().peekable();
        while states.peek().is_some() {
            let step: Vec<_> = states.by_ref().take(RENDERED_WRITE_SIZE).collect();
            let rendered = tokio::task::spawn_blocking(move || step.iter().map(document).collect::<Vec<D>>());
            let rendered = rendered
                .await
                .map_err(|error| StoreError::Unavailable(error.into()))?;
            let models = rendered.iter().map(|document| self.guarded(collection, document));
            self.bulk(models.collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    }

    /// The write of `document`, unless the stored one is as new.
    fn guarded<D: Serialize + Send + Sync>(
        &self,
        collection: &Collection<D>,
        document: &D,
    ) -> Result<WriteModel, StoreError> {
        let mut fields = serialize_to_document(document)?;
        let id = fields.remove("_id");
        let older = doc! { "_id": id, "v": { "$lt": fields.get("v").cloned() } };
        fields.insert("batch", self.progress.batches + 1);
        let mut on_insert = doc! { "counts_term": 0_i64 };
        // Tags and months that the next version of a post removes are recounted, even after a crash.
        for (field, counted) in [("tags", "counted_tags"), ("month", "counted_month")] {
            on_insert.extend(fields.get(field).map(|value| (counted.to_owned(), value.clone())));
        }
        Ok(UpdateOneModel::builder()
            .namespace(collection.namespace())
            .filter(older)
            .update(doc! { "$set": fields, "$setOnInsert": on_insert })
            .upsert(true)
            .build()
            .into())
    }

    /// A write of counters, rejected if a later projector has counted already.
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

    /// Runs `models` in steps. A duplicate id is no error: the filter found nothing older, so the server tried an insert,
    /// but there is a newer document.
    pub(super) async fn bulk(&self, models: Vec<WriteModel>) -> Result<(), StoreError> {
        let client = self.generation.database().client();
        let mut models = models.into_iter().peekable();
        while models.peek().is_some() {
            let step: Vec<WriteModel> = models.by_ref().take(WRITE_SIZE).collect();
            let written = async { Ok(client.bulk_write(step).ordered(false).await.map(drop)) };
            match with_background_timeout(written).await? {
                Err(error) if !only_duplicates(&error) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn only_duplicates(error: &mongodb::error::Error) -> bool {
    let ErrorKind::BulkWrite(bulk) = &*error.kind else {
        return false;
    };
    let mut codes = bulk.write_errors.values().map(|error| error.code);
    bulk.write_concern_errors.is_empty()
        && !bulk.write_errors.is_empty()
        && codes.all(|code| code == DUPLICATE_KEY)
}

/// Retains in `newest` what is newer than the stored documents, and returns those.
async fn retain_newer<S, D: Send + Sync>(
    collection: &Collection<D>,
    newest: &mut ById<S>,
) -> Result<Vec<Previous>, StoreError> {
    if newest.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&String> = newest.keys().collect();
    let fields = doc! { "v": 1, "tags": 1, "counted_tags": 1, "month": 1, "counted_month": 1, "status": 1,
    "username_key": 1 };
    let documents = collection.clone_with_type::<Previous>();
    let stored: Vec<Previous> = with_background_timeout(async {
        let found = documents.find(doc! { "_id": { "$in": ids } }).projection(fields);
        Ok(found.await?.try_collect().await?)
    })
    .await?;
    let versions: HashMap<&str, i64> = stored
        .iter()
        .map(|stored| (stored.id.as_str(), stored.v))
        .collect();
    newest.retain(|id, newest| {
        let stored = versions.get(id.as_str());
        stored.is_none_or(|stored| *stored < newest.version)
    });
    Ok(stored)
}
