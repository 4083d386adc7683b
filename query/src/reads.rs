//! What each endpoint returns: documents joined to response bodies, with the keys that each body depends on.
//!
//! Names of authors are joined here rather than stored with posts. So a rename is visible everywhere at once, and an
//! account that arrives after its posts requires no repair.

mod comments;
mod feed;
mod posts;
mod tags;
mod threads;
mod users;
mod viewer;

pub use comments::comments;
pub use feed::feed;
pub use posts::{PostQuery, following, post, posts, sitemap};
pub use tags::{archive, tags};
pub use users::{profile, users};
pub use viewer::viewer;

use std::sync::Arc;

use runtime::store::{StoreError, bounded};

pub use crate::store::PostSelector;
use crate::{
    cache::Read,
    store::{Generation, Store},
};

/// The live generation of the read model.
pub type Live = Arc<Generation>;

/// Runs reads; cheap to clone.
#[derive(Debug, Clone)]
pub struct Reads {
    store: Store,
}

impl Reads {
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }

    /// Runs all queries of one read within the time limit of a single database operation.
    pub async fn run<T, F>(&self, read: impl FnOnce(Live) -> F) -> Read<T>
    where
        F: Future<Output = Read<T>>,
    {
        bounded(async { Ok::<_, StoreError>(read(self.store.live().await?).await) }).await?
    }
}
