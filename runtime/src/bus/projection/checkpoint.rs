//! The position of a projection.

use serde::{Deserialize, Serialize};

/// The position of a projection, and the log it is in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// When the log was created, which distinguishes it from one that replaced it; empty before the first batch.
    pub log_created: String,
    /// The last sequence that was applied.
    pub sequence: u64,
}
