//! Settings of this service alone.

use clap::Args;

/// Flags and environment variables beside those of every service.
#[derive(Debug, Clone, Args)]
pub struct PostsSettings {
    /// Former texts that are kept of each post; older ones are removed
    #[arg(long, env = "POSTS_REVISIONS_KEPT", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub revisions_kept: u64,
}

impl Default for PostsSettings {
    fn default() -> Self {
        Self { revisions_kept: 200 }
    }
}
