//! Declarations of indexes.

use std::time::Duration;

use mongodb::{
    Collection, IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};

use super::StoreError;

/// An index of a collection: `Index::new("by_author", doc! { "state.author_id": 1 }).where_exists("status")`.
#[derive(Debug, Clone)]
#[must_use]
pub struct Index {
    keys: Document,
    options: IndexOptions,
}

impl Index {
    /// The index `name` of `keys`.
    pub fn new(name: &str, keys: Document) -> Self {
        Self {
            keys,
            options: IndexOptions::builder().name(name.to_owned()).build(),
        }
    }

    /// Two documents cannot have the same keys.
    pub fn unique(mut self) -> Self {
        self.options.unique = Some(true);
        self
    }

    /// Holds only documents that match `filter`.
    pub fn partial(mut self, filter: Document) -> Self {
        self.options.partial_filter_expression = Some(filter);
        self
    }

    /// Holds only documents that have `field`.
    pub fn where_exists(self, field: &str) -> Self {
        self.partial(doc! { field: { "$exists": true } })
    }

    /// MongoDB deletes a document `after` the date in the key.
    pub fn expire(mut self, after: Duration) -> Self {
        self.options.expire_after = Some(after);
        self
    }
}

impl From<Index> for IndexModel {
    fn from(index: Index) -> Self {
        Self::builder().keys(index.keys).options(index.options).build()
    }
}

/// Creates the missing ones of `indexes`. It may take as long as the collection is large, so it has no time limit.
///
/// # Errors
/// If the database is unavailable, or has an index of the same name and another shape.
pub async fn ensure_indexes<T: Send + Sync>(
    collection: &Collection<T>,
    indexes: impl IntoIterator<Item = Index>,
) -> Result<(), StoreError> {
    let models: Vec<IndexModel> = indexes.into_iter().map(Into::into).collect();
    if !models.is_empty() {
        collection.create_indexes(models).await?;
    }
    Ok(())
}
