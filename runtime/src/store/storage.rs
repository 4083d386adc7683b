//! A service's database, and what its stores need to commit aggregates into it.

use mongodb::{Collection, Database};

use super::{Aggregate, AggregateStore, DeletedUsers};
use crate::relay::RelayHandle;

/// The database of one service; cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    database: Database,
    service: &'static str,
    relay: RelayHandle,
    deleted_users: Option<DeletedUsers>,
}

impl Storage {
    /// The storage of `service` in `database`, whose events `relay` publishes. With `deleted_users`, users recorded
    /// there can create nothing more.
    pub fn new(
        database: Database,
        service: &'static str,
        relay: RelayHandle,
        deleted_users: Option<DeletedUsers>,
    ) -> Self {
        Self {
            database,
            service,
            relay,
            deleted_users,
        }
    }

    /// The database itself.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A collection of the service's own.
    pub fn collection<T: Send + Sync>(&self, name: &str) -> Collection<T> {
        self.database.collection(name)
    }

    /// The aggregates of kind `A`.
    pub fn aggregates<A: Aggregate>(&self) -> AggregateStore<A> {
        AggregateStore::new(
            &self.database,
            self.service,
            self.relay.clone(),
            self.deleted_users.clone(),
        )
    }

    /// Users whose accounts were deleted, if the service removes their content.
    pub fn deleted_users(&self) -> Option<&DeletedUsers> {
        self.deleted_users.as_ref()
    }
}
