//! The request to a running service to republish the state of all its aggregates.
//!
//! A request with no body on `blog.cmd.<service>.resync`; one replica accepts it. It responds with
//! [`Working`](ResyncReply::Working) every second, and finally with one of the others.

use serde::{Deserialize, Serialize};

/// A response, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ResyncReply {
    /// In progress; another response follows.
    Working {
        /// Seconds since the start.
        working_seconds: u64,
    },
    /// Finished.
    Done {
        /// How many events were published.
        events: u64,
    },
    /// It did not finish; the request may be repeated.
    Failed {
        /// The reason.
        error: String,
    },
}
