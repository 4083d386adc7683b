//! The settings of this service.

use clap::{ArgAction, Args};

use crate::domain::ReviewMode;

/// Flags and environment variables of comments.
#[derive(Debug, Clone, Args)]
pub struct CommentsSettings {
    /// Whether new texts are public at once, until a verdict rejects them (true), or pending until a verdict (false)
    #[arg(long, env = "AUTO_APPROVE", default_value_t = false, action = ArgAction::Set)]
    pub auto_approve: bool,
}

impl CommentsSettings {
    /// How new texts are reviewed.
    pub fn review_mode(&self) -> ReviewMode {
        if self.auto_approve {
            ReviewMode::AutoApprove
        } else {
            ReviewMode::AwaitVerdict
        }
    }
}
