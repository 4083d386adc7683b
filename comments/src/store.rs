//! This service's own collections: their indexes and queries.
//!
//! - `comments`: the aggregates, written by [`AggregateStore`](runtime::store::AggregateStore) alone.
//! - `post_replicas`: what is known of posts, written here alone.
//! - `departed_users`: whose accounts are gone, written here alone.

mod comments;
mod departed;
mod posts;

pub use comments::{Comments, Mine, aggregates};
pub use departed::Departed;
pub use posts::Posts;
