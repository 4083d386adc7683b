//! The settings of this service.

use clap::Args;

/// Flags and environment variables of moderation. There are none: moderators change the rules at run time.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ModerationSettings {}
