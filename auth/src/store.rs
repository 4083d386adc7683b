//! The service's collections with their indexes and queries. `AggregateStore` commits users and follows; everything else
//! that this service writes to MongoDB is written here.

mod follows;
mod keys;
mod names;
mod sessions;
mod throttles;
mod users;

use std::time::Duration;

use common::event::Timestamp;
use mongodb::bson::{DateTime, doc};
use runtime::store::{Index, Storage, StoreError};

pub use follows::{Follow, Follows};
pub use keys::{KeyRecord, SigningKeys};
pub use names::Names;
pub use sessions::{Session, Sessions};
pub use throttles::Throttles;
pub use users::{Account, PendingCleanup, PrivateChange, User, Users};

/// All collections of the service.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Accounts.
    pub users: Users,
    /// Claims of user names and e-mail addresses.
    pub names: Names,
    /// Follows.
    pub follows: Follows,
    /// Sessions.
    pub sessions: Sessions,
    /// Counters of wrong passwords and new accounts.
    pub throttles: Throttles,
    /// Signing keys.
    pub keys: SigningKeys,
}

impl Stores {
    /// The collections in `storage`.
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

    /// Creates the indexes of the collections without aggregates.
    pub async fn ensure_indexes(&self) -> Result<(), StoreError> {
        self.names.ensure_indexes().await?;
        self.sessions.ensure_indexes().await?;
        self.throttles.ensure_indexes().await?;
        self.keys.ensure_indexes().await
    }
}

/// Lets MongoDB delete documents once their `expires_at` has passed.
fn expiry_index() -> Index {
    Index::new("expiry", doc! { "expires_at": 1 }).expire(Duration::ZERO)
}

fn date(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millis())
}
