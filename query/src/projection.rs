//! Projects the log into the read model. The only part of this service that writes documents.
//!
//! A batch is folded to the newest event of each aggregate and written where it is newer than the stored document; then
//! the affected counters are recounted, the checkpoint is stored, and a change note is published. Nothing relies on the
//! order of events: see [`writer`] for why a batch may be applied twice, and [`counts`] for why counters are right.

mod affected;
mod counts;
mod documents;
mod fold;
mod leader;
mod live;
mod rebuild;
mod writer;

pub use leader::{Leader, LeaderSettings};

#[cfg(test)]
mod tests;
