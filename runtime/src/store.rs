//! Aggregates in MongoDB: state and outgoing events committed by one guarded document write.
//!
//! A document is `{_id, version, state, outbox: [event…], last_event}` and the private fields that its service
//! keeps beside them. A command loads it, a pure function decides, and one `updateOne` filtered by `_id` and
//! `version` sets the state, increments the version and appends the event. There is no second write to lose.
//! The [`relay`](crate::relay) publishes the events of the outboxes.

mod aggregate;
mod attempts;
mod connect;
mod deleted_users;
mod document;
mod error;
pub(crate) mod hint;
mod index;
mod last_event;
mod lease;
mod order;
pub(crate) mod outbox;
mod repository;
mod resync;
mod storage;
mod unknown;

pub use aggregate::{Aggregate, Cause, Change, Created, NewAggregate, Stored};
pub use attempts::Attempts;
pub use connect::{OPERATION_TIMEOUT, bounded, connect, execute, fetch_all, ping};
pub(crate) use deleted_users::DeletedUser;
pub use deleted_users::DeletedUsers;
pub use error::{CommandError, StoreError};
pub use index::{Index, ensure_indexes};
pub use lease::Lease;
pub use order::ListOrder;
pub(crate) use outbox::MAX_ENTRIES as MAX_OUTBOX_ENTRIES;
pub use repository::AggregateStore;
pub use storage::Storage;
