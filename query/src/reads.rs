//! What readers are answered: documents joined to answers, with the keys that each answer depends on.
//!
//! Names of authors are joined here and not stored with posts, so that a rename shows everywhere at once and a
//! person who arrives after their post needs no repair.

mod comments;
mod feed;
mod people;
mod posts;
mod tags;
mod threads;
mod viewer;

pub use posts::PostQuery;
pub use threads::{MAX_DEPTH, MAX_REPLIES};

use runtime::store::{StoreError, bounded};

use crate::{cache::Made, error::ReadError, store::Store};

/// What a read is: a body and its keys, or why there is none.
pub type Read<T> = Result<Made<T>, ReadError>;

/// The reads, on the live generation.
#[derive(Debug, Clone)]
pub struct Reads {
    store: Store,
}

impl Reads {
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }
}

/// Runs all queries of one read within the time of one operation, so that a database that halts is told in time.
async fn in_time<T>(read: impl Future<Output = Result<T, ReadError>>) -> Result<T, ReadError> {
    bounded(async { Ok::<_, StoreError>(read.await) }).await?
}
