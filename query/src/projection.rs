//! Projects the log into the read model. The only part of this service that writes documents.
//!
//! A batch is folded to the newest event of each aggregate; what is newer than the stored document is written in one
//! transaction with the differences of the counters and the checkpoint, and a change note is published. Nothing relies on
//! the order of events: see [`counts`]. A new generation is [loaded](load) in bulk.

mod counts;
mod documents;
mod fold;
mod leader;
mod live;
mod load;
mod rebuild;
mod rendering;
mod writer;

pub use leader::{Leader, LeaderSettings};

#[cfg(test)]
mod tests;
