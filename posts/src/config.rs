//! The service's own settings.

use clap::Args;

/// Flags and environment variables of the posts service.
#[derive(Debug, Clone, Args)]
pub struct PostsSettings {
    /// Number of former texts to keep of each post; older ones are removed
    #[arg(long, env = "POSTS_REVISIONS_KEPT", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub revisions_kept: u64,
}

impl Default for PostsSettings {
    fn default() -> Self {
        Self { revisions_kept: 200 }
    }
}
