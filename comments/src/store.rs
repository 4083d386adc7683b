//! The collections of this service: their indexes and queries. All queries fail if the database is unavailable.
//!
//! - `comments`: the aggregates, written only by [`AggregateStore`](runtime::store::AggregateStore).
//! - `post_replicas`: the replica of posts, written only here.

mod comments;
mod posts;

pub use comments::{CommentFilter, Comments, ORDER};
pub use posts::Posts;
