//! The read model's place in the database: collections of each generation, their indexes, and the `meta`
//! documents that say which generation is live. The queries of the reads are in [`posts`], [`queries`]
//! and [`viewers`].

mod generation;
mod indexes;
mod meta;
mod posts;
mod queries;
mod viewers;

pub use generation::{COLLECTIONS, Generation, patiently};
pub use indexes::ensure_indexes;
pub use meta::{Building, Live, Meta, Progress};
pub use posts::{PostAddress, PostFilter, PostKey, PostTitle, SlugMatch};
pub use queries::{CommentPlace, CommentText, Shown};
pub use viewers::MAX_FOLLOWED;

use std::sync::{Arc, PoisonError, RwLock};

use mongodb::Database;
use runtime::store::StoreError;

/// The read model as this replica serves it.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    /// The generation that reads use; none before the database was reached for the first time.
    live: Arc<RwLock<Option<Arc<Generation>>>>,
    pub meta: Meta,
}

impl Store {
    pub fn new(database: &Database) -> Self {
        Self {
            database: database.clone(),
            live: Arc::default(),
            meta: Meta::new(database),
        }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The collections of generation `number`.
    pub fn generation(&self, number: u32) -> Generation {
        Generation::new(&self.database, number)
    }

    /// The generation to read.
    ///
    /// # Errors
    /// If none is known yet and the database does not tell.
    pub async fn live(&self) -> Result<Arc<Generation>, StoreError> {
        if let Some(live) = self.known() {
            return Ok(live);
        }
        self.refresh().await?;
        self.known()
            .ok_or_else(|| StoreError::Unavailable("the read model was not set up yet".into()))
    }

    /// Asks the database which generation is live; true if it is another than before.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        Ok(match self.meta.live().await? {
            Some(live) => self.switch_to(live.generation),
            None => false,
        })
    }

    /// Reads use generation `number` from now on; true if they used another.
    pub fn switch_to(&self, number: u32) -> bool {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        if live.as_ref().is_some_and(|live| live.number >= number) {
            return false;
        }
        *live = Some(Arc::new(self.generation(number)));
        true
    }

    fn known(&self) -> Option<Arc<Generation>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
