//! The service's collections: their indexes and queries. `AggregateStore` commits users and follows; all else that
//! is written to MongoDB by this service is written here.

mod follows;
mod keys;
mod names;
mod sessions;
mod throttles;
mod users;

use mongodb::{
    Collection, IndexModel,
    bson::{DateTime, Document, doc},
    options::IndexOptions,
};
use runtime::store::{Storage, StoreError};

pub use follows::{Follow, Follows};
pub use keys::{KeyRecord, SigningKeys};
pub use names::Names;
pub use sessions::{Session, Sessions};
pub use throttles::Throttles;
pub use users::{Account, PrivateChange, Unfinished, User, Users};

/// All collections of the service.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Accounts.
    pub users: Users,
    /// Whose name is whose.
    pub names: Names,
    /// Who follows whom.
    pub follows: Follows,
    /// Who is signed in where.
    pub sessions: Sessions,
    /// Wrong passwords and sign-ups.
    pub throttles: Throttles,
    /// Signing keys.
    pub keys: SigningKeys,
}

impl Stores {
    /// The collections in `database`; `relay` publishes the events of users and follows.
    pub fn new(storage: &Storage) -> Self {
        let database = storage.database();
        Self {
            users: Users::new(storage),
            names: Names::new(database),
            follows: Follows::new(storage),
            sessions: Sessions::new(database),
            throttles: Throttles::new(database),
            keys: SigningKeys::new(database),
        }
    }

    /// Makes all indexes.
    ///
    /// # Errors
    /// If the database is away or refuses.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.users.ensure_indexes().await?;
        self.names.ensure_indexes().await?;
        self.follows.ensure_indexes().await?;
        self.sessions.ensure_indexes().await?;
        self.throttles.ensure_indexes().await?;
        self.keys.ensure_indexes().await
    }
}

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
