//! The service's collections: their indexes and queries. `AggregateStore` commits users and follows; all else that
//! is written to MongoDB by this service is written here.

mod follows;
mod keys;
mod sessions;
mod throttles;
mod users;

use common::store::StoreError;
use mongodb::{
    Collection, IndexModel,
    bson::{DateTime, Document, doc},
    options::IndexOptions,
};

pub use follows::{Follow, Follows};
pub use keys::{KeyRecord, SigningKeys};
pub use sessions::{Session, Sessions};
pub use throttles::Throttles;
pub use users::{Account, PrivateChange, Unfinished, User, Users};
pub(crate) use users::{EMAIL_INDEX, USERNAME_INDEX};

/// An index by name; a partial one holds only the documents that match.
async fn index(
    collection: &Collection<Document>,
    keys: Document,
    options: IndexOptions,
) -> Result<(), StoreError> {
    let index = IndexModel::builder().keys(keys).options(options).build();
    collection.create_index(index).await?;
    Ok(())
}

/// Lets MongoDB remove documents some time after their `expires_at`.
async fn expiry_index(collection: &Collection<Document>) -> Result<(), StoreError> {
    let options = IndexOptions::builder()
        .name("expiry".to_owned())
        .expire_after(std::time::Duration::ZERO)
        .build();
    index(collection, doc! { "expires_at": 1 }, options).await
}

fn named(name: &str) -> IndexOptions {
    IndexOptions::builder().name(name.to_owned()).build()
}

fn date(time: common::event::Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millis())
}
