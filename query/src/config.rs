//! The settings of this service.

use clap::Args;

/// Flags and environment variables of `query`.
#[derive(Debug, Clone, Args)]
pub struct QuerySettings {
    /// Size of the response cache in MiB
    #[arg(long, env = "QUERY_CACHE_MB", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub cache_mb: u64,

    /// Maximum number of open live streams (SSE)
    #[arg(long, env = "QUERY_LIVE_CLIENTS", default_value_t = 1000)]
    pub live_clients: usize,

    /// Maximum number of open live streams of one client address
    #[arg(long, env = "QUERY_LIVE_CLIENTS_PER_ADDRESS", default_value_t = 32)]
    pub live_clients_per_address: usize,

    /// Maximum number of previews rendered concurrently; further ones are queued
    #[arg(long, env = "QUERY_PREVIEWS", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub previews: u8,

    /// Seconds until another replica takes over the projection of one that has failed
    #[arg(long, env = "QUERY_LEASE", default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub lease: u64,

    /// Seconds to retain the previous read model after a rebuild
    #[arg(long, env = "QUERY_GRACE", default_value_t = 60)]
    pub grace: u64,
}

impl Default for QuerySettings {
    fn default() -> Self {
        Self {
            cache_mb: 16,
            live_clients: 1000,
            live_clients_per_address: 32,
            previews: 2,
            lease: 6,
            grace: 60,
        }
    }
}
