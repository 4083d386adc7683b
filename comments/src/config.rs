//! The settings of this service alone.

use clap::{ArgAction, Args};

use crate::domain::Review;

/// Flags and environment variables of comments.
#[derive(Debug, Clone, Args)]
pub struct CommentsSettings {
    /// Whether a new text is public at once, until a verdict says otherwise (true), or waits for a verdict (false)
    #[arg(long, env = "AUTO_APPROVE", default_value_t = false, action = ArgAction::Set)]
    pub auto_approve: bool,
}

impl CommentsSettings {
    /// What becomes of a new text.
    pub fn review(&self) -> Review {
        if self.auto_approve {
            Review::Automatic
        } else {
            Review::Awaited
        }
    }
}
