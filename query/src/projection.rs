//! From the log to the read model. The only part of this service that writes documents.
//!
//! A batch is folded to the newest event of each aggregate, written where it is newer than what is there, and
//! whatever it touched is counted anew. Then the checkpoint is stored, and then readers are told. Nothing here
//! relies on order: see [`writer`] for why it may happen twice, and [`counts`] for why counts are right after it.

mod counts;
mod documents;
mod fold;
mod keeper;
mod rebuild;
mod touched;
mod writer;

pub use keeper::{Keeper, KeeperSettings};
pub use touched::Touched;
pub use writer::{LiveProjection, Writer};

#[cfg(test)]
mod tests;
