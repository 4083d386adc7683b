//! The `meta` collection: which generation is live, which one is being built, and how far each has come.
//!
//! `{_id: "live", generation, model_version}`, `{_id: "building", generation, model_version}`,
//! `{_id: "retired:<generation>", at}` and `{_id: "checkpoint:<generation>", term, batches, log_created, sequence}`.

use mongodb::{
    Collection, Database,
    bson::{DateTime, Document, deserialize_from_document, doc},
    options::ReturnDocument,
};
use runtime::{
    bus::Checkpoint,
    store::{StoreError, bounded},
};
use serde::Deserialize;

use crate::model::MODEL_VERSION;

/// Which generation readers are to see, and the shape of its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Live {
    pub generation: u32,
    pub model_version: u32,
}

/// The generation that is being built beside the live one.
pub type Building = Live;

/// How far the projection of a generation has come.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Progress {
    /// Counts the projectors that took it up; one with an older term may not write any more.
    pub term: i64,
    /// Counts the batches that were applied in full.
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
}

/// Reads and writes the `meta` documents.
#[derive(Debug, Clone)]
pub struct Meta {
    meta: Collection<Document>,
}

impl Meta {
    pub(super) fn new(database: &Database) -> Self {
        Self {
            meta: database.collection("meta"),
        }
    }

    /// The live generation, unless this is a new database.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn live(&self) -> Result<Option<Live>, StoreError> {
        self.find("live").await
    }

    /// The live generation; in a new database the first, which begins to be live now.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn live_or_first(&self) -> Result<Live, StoreError> {
        let first = doc! { "$setOnInsert": { "generation": 1, "model_version": MODEL_VERSION } };
        let live = self.upsert("live", first).await?;
        Ok(deserialize_from_document(live)?)
    }

    /// The generation that is being built, if one is.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn building(&self) -> Result<Option<Building>, StoreError> {
        self.find("building").await
    }

    /// Asks for a new generation with today's shape, or joins one that is being built already.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn request_rebuild(&self) -> Result<Building, StoreError> {
        let live = self.live_or_first().await?;
        // No number is used twice.
        let traces = self.traces("^(retired|checkpoint):").await?;
        let next = traces.into_iter().fold(live.generation, u32::max) + 1;
        let request = doc! { "$setOnInsert": { "generation": next, "model_version": MODEL_VERSION } };
        let building: Building = deserialize_from_document(self.upsert("building", request).await?)?;
        if building.model_version >= MODEL_VERSION {
            return Ok(building);
        }
        // An older release began it, in a shape that is of no use any more.
        self.retire(building.generation).await?;
        let next = doc! { "$set": { "generation": next, "model_version": MODEL_VERSION } };
        Ok(deserialize_from_document(self.upsert("building", next).await?)?)
    }

    /// Makes `building` the live generation in place of `old`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another one is live by now; if the database is away.
    pub async fn switch(&self, old: u32, building: Building) -> Result<(), StoreError> {
        let guard = doc! { "_id": "live", "generation": old };
        let live =
            doc! { "$set": { "generation": building.generation, "model_version": building.model_version } };
        bounded(async {
            if self.meta.update_one(guard, live).await?.matched_count == 0 {
                return Err(StoreError::Conflict {
                    id: "live".to_owned(),
                });
            }
            Ok(())
        })
        .await?;
        self.finish_switch(building.generation).await
    }

    /// What follows a switch to `live`, and may have to be done after a crash in between: those before it retire.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn finish_switch(&self, live: u32) -> Result<(), StoreError> {
        for number in self.traces("^checkpoint:").await? {
            if number < live {
                self.retire(number).await?;
            }
        }
        let done = doc! { "_id": "building", "generation": { "$lte": live } };
        bounded(async { Ok(self.meta.delete_one(done).await.map(drop)?) }).await
    }

    /// The generations that were retired before `before`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn retired(&self, before: DateTime) -> Result<Vec<u32>, StoreError> {
        self.numbers(doc! { "_id": { "$regex": "^retired:" }, "at": { "$lte": before } })
            .await
    }

    /// How far `generation` has come, without taking it up.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn progress(&self, generation: u32) -> Result<Option<Progress>, StoreError> {
        self.find(&format!("checkpoint:{generation}")).await
    }

    /// Takes up the projection of `generation`: from now on those who took it up before are refused.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn take_up(&self, generation: u32) -> Result<Progress, StoreError> {
        let id = format!("checkpoint:{generation}");
        let progress = self.upsert(&id, doc! { "$inc": { "term": 1_i64 } }).await?;
        Ok(deserialize_from_document(progress)?)
    }

    /// Stores how far `generation` has come.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else has taken it up; if the database is away.
    pub async fn store_progress(&self, generation: u32, progress: &Progress) -> Result<(), StoreError> {
        let id = format!("checkpoint:{generation}");
        let mine = doc! { "_id": &id, "term": progress.term };
        let update = doc! { "$set": {
            "batches": progress.batches,
            "log_created": &progress.log_created,
            "sequence": progress.sequence,
        } };
        bounded(async {
            if self.meta.update_one(mine, update).await?.matched_count == 0 {
                return Err(StoreError::Conflict { id });
            }
            Ok(())
        })
        .await
    }

    async fn retire(&self, generation: u32) -> Result<(), StoreError> {
        let update = doc! { "$setOnInsert": { "at": DateTime::now() } };
        self.upsert(&format!("retired:{generation}"), update)
            .await
            .map(drop)
    }

    /// The generations that left a trace of that kind.
    async fn traces(&self, kind: &str) -> Result<Vec<u32>, StoreError> {
        self.numbers(doc! { "_id": { "$regex": kind } }).await
    }

    async fn numbers(&self, filter: Document) -> Result<Vec<u32>, StoreError> {
        bounded(async {
            let mut found = self.meta.find(filter).await?;
            let mut numbers = Vec::new();
            while found.advance().await? {
                let id = found.current().get_str("_id").unwrap_or_default();
                numbers.extend(
                    id.split_once(':')
                        .and_then(|(_, number)| number.parse::<u32>().ok()),
                );
            }
            Ok(numbers)
        })
        .await
    }

    async fn find<T: serde::de::DeserializeOwned>(&self, id: &str) -> Result<Option<T>, StoreError> {
        bounded(async {
            let found = self.meta.find_one(doc! { "_id": id }).await?;
            Ok(found.map(deserialize_from_document).transpose()?)
        })
        .await
    }

    async fn upsert(&self, id: &str, update: Document) -> Result<Document, StoreError> {
        let attempt = async || {
            bounded(async {
                Ok(self
                    .meta
                    .find_one_and_update(doc! { "_id": id }, update.clone())
                    .upsert(true)
                    .return_document(ReturnDocument::After)
                    .await?)
            })
            .await
        };
        let found = match attempt().await {
            // Two replicas inserted it at once, of which a server may tell the second that there was nothing; now
            // it is there.
            Err(StoreError::Duplicate { .. }) | Ok(None) => attempt().await?,
            other => other?,
        };
        found.ok_or_else(|| StoreError::NotFound {
            kind: "meta",
            id: id.to_owned(),
        })
    }
}
