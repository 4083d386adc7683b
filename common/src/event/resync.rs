//! How a running service is asked to publish the state of everything it owns again.
//!
//! A request with no body on `blog.cmd.<service>.resync`; one replica takes it. While it works it answers
//! [`Working`](ResyncReply::Working) every second, and at last one of the others.

use serde::{Deserialize, Serialize};

use super::topology::COMMAND_SUBJECT_PREFIX;

/// The subject of the request to `service`.
pub fn resync_subject(service: &str) -> String {
    format!("{COMMAND_SUBJECT_PREFIX}.{service}.resync")
}

/// One answer, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ResyncReply {
    /// It is at work; another answer follows.
    Working {
        /// For how many seconds already.
        working_seconds: u64,
    },
    /// It is done.
    Done {
        /// How many events were published.
        events: u64,
    },
    /// It was not done, or not to the end; asking again does no harm.
    Failed {
        /// Why, in words.
        error: String,
    },
}
