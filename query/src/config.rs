//! The settings of this service, beside those that every service has.

use clap::Args;

/// Flags and environment variables of `query`.
#[derive(Debug, Clone, Args)]
pub struct QuerySettings {
    /// Megabytes of answers that are kept in memory
    #[arg(long, env = "QUERY_CACHE_MB", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub cache_mb: u64,

    /// Live streams (SSE) that may be open at once
    #[arg(long, env = "QUERY_LIVE_CLIENTS", default_value_t = 1000)]
    pub live_clients: usize,

    /// Previews that are rendered at once; more wait
    #[arg(long, env = "QUERY_PREVIEWS", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub previews: u8,

    /// Seconds after which another replica takes over the projection of one that is gone
    #[arg(long, env = "QUERY_LEASE", default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub lease: u64,

    /// Seconds for which an old generation of the read model stays after a rebuild
    #[arg(long, env = "QUERY_GRACE", default_value_t = 60)]
    pub grace: u64,
}

impl Default for QuerySettings {
    fn default() -> Self {
        Self {
            cache_mb: 16,
            live_clients: 1000,
            previews: 2,
            lease: 6,
            grace: 60,
        }
    }
}
