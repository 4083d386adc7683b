//! The `meta` collection: which generation is live, which one is being built, and how far each has been projected.
//!
//! `{_id: "live", generation, model_version}`, `{_id: "building", generation, model_version}`,
//! `{_id: "retired:<generation>", at}` and `{_id: "checkpoint:<generation>", term, batches, log_created, sequence}`.

use futures::TryStreamExt as _;
use mongodb::{
    Collection, Database,
    bson::{DateTime, Document, doc},
    options::ReturnDocument,
};
use runtime::{
    bus::Checkpoint,
    store::{StoreError, bounded},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::model::MODEL_VERSION;

/// A generation and the format of its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Live {
    pub generation: u32,
    pub model_version: u32,
}

/// The generation that is being built beside the live one.
pub type Building = Live;

/// How far a generation has been projected.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Progress {
    /// Counts the acquisitions by projectors; writes of a projector with an older term are rejected.
    pub term: i64,
    /// Counts the applied batches; 0 while a new generation is being loaded.
    #[serde(default)]
    pub batches: i64,
    #[serde(default)]
    pub log_created: String,
    #[serde(default)]
    pub sequence: i64,
}

impl Progress {
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            log_created: self.log_created.clone(),
            sequence: u64::try_from(self.sequence).unwrap_or_default(),
        }
    }

    pub fn set_checkpoint(&mut self, checkpoint: &Checkpoint) {
        self.log_created.clone_from(&checkpoint.log_created);
        self.sequence = i64::try_from(checkpoint.sequence).unwrap_or(i64::MAX);
    }

    /// The progress once the next batch is applied.
    pub fn after(&self, checkpoint: &Checkpoint) -> Self {
        let mut next = Self {
            batches: self.batches + 1,
            ..self.clone()
        };
        next.set_checkpoint(checkpoint);
        next
    }

    pub(super) fn fields(&self) -> Document {
        doc! { "batches": self.batches, "log_created": &self.log_created, "sequence": self.sequence }
    }
}

#[derive(Debug, Deserialize)]
struct Id {
    #[serde(rename = "_id")]
    id: String,
}

/// The documents of `meta`; cheap to clone.
#[derive(Debug, Clone)]
pub struct Meta {
    generations: Collection<Live>,
    pub(super) checkpoints: Collection<Progress>,
}

impl Meta {
    pub(super) fn new(database: &Database) -> Self {
        Self {
            generations: database.collection("meta"),
            checkpoints: database.collection("meta"),
        }
    }

    /// The live generation; none in a new database.
    pub async fn live(&self) -> Result<Option<Live>, StoreError> {
        find(&self.generations, "live").await
    }

    /// The live generation; in a new database the first, which becomes live now.
    pub async fn live_or_first(&self) -> Result<Live, StoreError> {
        let first = doc! { "$setOnInsert": { "generation": 1, "model_version": MODEL_VERSION } };
        upsert(&self.generations, "live", first).await
    }

    /// The generation that is being built, if any.
    pub async fn building(&self) -> Result<Option<Building>, StoreError> {
        find(&self.generations, "building").await
    }

    /// Requests a new generation in the current format, or returns one that is already being built.
    pub async fn request_rebuild(&self) -> Result<Building, StoreError> {
        let live = self.live_or_first().await?;
        // No number is used twice, not even that of a generation whose building has not begun.
        let requested = self.building().await?.map_or(0, |building| building.generation);
        let used = self
            .numbers(doc! { "_id": { "$regex": "^(retired|checkpoint):" } })
            .await?;
        let next = used.into_iter().fold(live.generation.max(requested), u32::max) + 1;
        let fields = doc! { "generation": next, "model_version": MODEL_VERSION };
        let request = doc! { "$setOnInsert": &fields };
        let building = upsert(&self.generations, "building", request).await?;
        if building.model_version >= MODEL_VERSION {
            return Ok(building);
        }
        // An older release began it, in an obsolete format.
        self.retire(building.generation).await?;
        upsert(&self.generations, "building", doc! { "$set": fields }).await
    }

    /// Makes `building` the live generation in place of `old`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if `old` is no longer live.
    pub async fn switch(&self, old: u32, building: Building) -> Result<(), StoreError> {
        let Building {
            generation,
            model_version,
        } = building;
        let is_live = doc! { "_id": "live", "generation": old };
        let live = doc! { "generation": generation, "model_version": model_version };
        update(&self.generations, is_live, live).await?;
        self.finish_switch(generation).await
    }

    /// Retires the generations before `live`; to be repeated after a crash during the switch.
    pub async fn finish_switch(&self, live: u32) -> Result<(), StoreError> {
        for number in self.numbers(doc! { "_id": { "$regex": "^checkpoint:" } }).await? {
            if number < live {
                self.retire(number).await?;
            }
        }
        let done = doc! { "_id": "building", "generation": { "$lte": live } };
        bounded(async { Ok(self.generations.delete_one(done).await.map(drop)?) }).await
    }

    /// The generations before the live one that were retired before `before`.
    pub async fn retired(&self, before: DateTime) -> Result<Vec<u32>, StoreError> {
        let mut retired = self
            .numbers(doc! { "_id": { "$regex": "^retired:" }, "at": { "$lte": before } })
            .await?;
        // Read last: it only grows.
        let live = self.live().await?.map_or(0, |live| live.generation);
        retired.retain(|number| *number < live);
        Ok(retired)
    }

    /// How far `generation` has been projected.
    pub async fn progress(&self, generation: u32) -> Result<Option<Progress>, StoreError> {
        find(&self.checkpoints, &checkpoint_id(generation)).await
    }

    /// Acquires the projection of `generation`: from now on its earlier projectors are rejected.
    pub async fn acquire(&self, generation: u32) -> Result<Progress, StoreError> {
        let next_term = doc! { "$inc": { "term": 1_i64 } };
        upsert(&self.checkpoints, &checkpoint_id(generation), next_term).await
    }

    /// # Errors
    /// [`StoreError::Conflict`] if another projector has acquired `generation`.
    pub async fn store_progress(&self, generation: u32, progress: &Progress) -> Result<(), StoreError> {
        let own_term = doc! { "_id": checkpoint_id(generation), "term": progress.term };
        update(&self.checkpoints, own_term, progress.fields()).await
    }

    async fn retire(&self, generation: u32) -> Result<(), StoreError> {
        let meta = self.generations.clone_with_type::<Id>();
        let now = doc! { "$setOnInsert": { "at": DateTime::now() } };
        upsert(&meta, &format!("retired:{generation}"), now)
            .await
            .map(drop)
    }

    /// The generations named in the ids of the matching documents.
    async fn numbers(&self, filter: Document) -> Result<Vec<u32>, StoreError> {
        let found = bounded(async {
            let ids = self.generations.clone_with_type::<Id>();
            Ok(ids.find(filter).await?.try_collect::<Vec<_>>().await?)
        });
        let numbers = found.await?.into_iter();
        Ok(numbers
            .filter_map(|found| found.id.split_once(':')?.1.parse().ok())
            .collect())
    }
}

pub(super) fn checkpoint_id(generation: u32) -> String {
    format!("checkpoint:{generation}")
}

async fn find<T: DeserializeOwned + Send + Sync>(
    collection: &Collection<T>,
    id: &str,
) -> Result<Option<T>, StoreError> {
    bounded(async { Ok(collection.find_one(doc! { "_id": id }).await?) }).await
}

async fn update<T: Send + Sync>(
    collection: &Collection<T>,
    filter: Document,
    fields: Document,
) -> Result<(), StoreError> {
    let id = filter.get_str("_id").unwrap_or_default().to_owned();
    let updated = bounded(async { Ok(collection.update_one(filter, doc! { "$set": fields }).await?) });
    if updated.await?.matched_count == 0 {
        return Err(StoreError::Conflict { id });
    }
    Ok(())
}

async fn upsert<T: DeserializeOwned + Send + Sync>(
    collection: &Collection<T>,
    id: &str,
    update: Document,
) -> Result<T, StoreError> {
    let attempt = || {
        bounded(async {
            Ok(collection
                .find_one_and_update(doc! { "_id": id }, update.clone())
                .upsert(true)
                .return_document(ReturnDocument::After)
                .await?)
        })
    };
    let found = match attempt().await {
        // Of two replicas that insert it concurrently, a server may reject one or return nothing to it; now it exists.
        Err(StoreError::Duplicate { .. }) | Ok(None) => attempt().await?,
        other => other?,
    };
    found.ok_or_else(|| StoreError::NotFound {
        kind: "meta",
        id: id.to_owned(),
    })
}
