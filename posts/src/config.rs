//! The service's name and its own settings.

use clap::Args;

/// The service's name, also in its events and on the bus.
pub const NAME: &str = "posts";

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
