//! The service's collections with their indexes and queries. Nothing else in this service writes to MongoDB.

mod posts;
mod reactions;
mod revisions;

pub use posts::{Due, PostStore, SLUGS};
pub use reactions::{Reaction, ReactionStore};
pub use revisions::RevisionStore;
