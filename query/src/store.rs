//! The read model in the database: the collections of each generation, their indexes, and the `meta` documents that name
//! the live generation. The queries of reads are in [`posts`], [`queries`] and [`viewers`].

mod commit;
mod generation;
mod indexes;
mod meta;
mod outline;
mod posts;
mod queries;
mod viewers;

pub use generation::{COLLECTIONS, Generation, with_background_timeout};
pub use indexes::ensure_indexes;
pub use meta::{Building, Live, Meta, Progress};
pub use outline::Outline;
pub use posts::{PostAddress, PostKey, PostSelector, PostTitle, SlugMatch};
pub use queries::{CommentPlace, CommentText};

use std::sync::{Arc, PoisonError, RwLock};

use mongodb::Database;
use runtime::store::StoreError;

/// The read model as this replica serves it; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    /// The generation that reads use; none until the database was reached for the first time.
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

    pub fn generation(&self, number: u32) -> Generation {
        Generation::new(&self.database, number)
    }

    /// The generation to read.
    ///
    /// # Errors
    /// If none is known yet and the database is unavailable.
    pub async fn live(&self) -> Result<Arc<Generation>, StoreError> {
        if let Some(live) = self.known() {
            return Ok(live);
        }
        self.refresh().await?;
        self.known()
            .ok_or_else(|| StoreError::Unavailable("the read model is not yet set up".into()))
    }

    /// Reads from the database which generation is live; returns true if it has changed.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        let live = self.meta.live().await?;
        Ok(live.is_some_and(|live| self.switch_to(live.generation)))
    }

    /// Makes reads use generation `number`; returns true if they used an older one.
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
