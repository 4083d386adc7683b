//! The settings that all services share, read once at start from flags, environment and secret files.
//!
//! [`PlatformArgs`] is what clap reads (`--help` lists every setting, unit and default);
//! [`PlatformArgs::resolve`] turns it into [`PlatformSettings`], which the code uses and tests construct.

mod error;
mod public_url;
mod resolve;
mod secret;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};
pub use error::ConfigError;
pub use public_url::PublicUrl;
pub use secret::Secret;

/// The format of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable.
    #[default]
    Text,
    /// One JSON object per line, with the field names of Google Cloud Logging.
    Json,
}

/// Flags and environment variables of every service. An empty text or path counts as unset.
#[derive(Debug, Clone, Args)]
pub struct PlatformArgs {
    /// Address and port of the API
    #[arg(long, env = "LISTEN_ADDR", default_value = "0.0.0.0:3000")]
    pub listen_addr: SocketAddr,

    /// Address and port of /healthz, /readyz and /metrics; must not be reachable from outside
    #[arg(long, env = "OPS_LISTEN_ADDR", default_value = "0.0.0.0:9090")]
    pub ops_listen_addr: SocketAddr,

    /// MongoDB connection string; prefer the file if it contains a password
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    pub mongodb_uri: Option<Secret>,

    /// File with the MongoDB connection string
    #[arg(long, env = "MONGODB_URI_FILE")]
    pub mongodb_uri_file: Option<PathBuf>,

    /// Name of the service's own database [default: the service's name]
    #[arg(long, env = "MONGODB_DATABASE")]
    pub mongodb_database: Option<String>,

    /// NATS servers, separated by commas
    #[arg(
        long,
        env = "NATS_URL",
        default_value = "nats://127.0.0.1:4222",
        hide_env_values = true
    )]
    pub nats_url: Secret,

    /// File with the nkey seed of the service's NATS user
    #[arg(long, env = "NATS_NKEY_SEED_FILE")]
    pub nats_nkey_seed_file: Option<PathBuf>,

    /// NATS credentials file (JWT and seed), instead of an nkey seed
    #[arg(long, env = "NATS_CREDS_FILE")]
    pub nats_creds_file: Option<PathBuf>,

    /// PEM file of the certificate authority of the NATS servers
    #[arg(long, env = "NATS_CA_FILE")]
    pub nats_ca_file: Option<PathBuf>,

    /// Public URL of the site; https makes the session cookie Secure
    #[arg(long, env = "PUBLIC_URL", default_value = "http://localhost:8080")]
    pub public_url: PublicUrl,

    /// Folder for the last known key set (keys.json), which allows a start while the bus is unavailable
    #[arg(long, env = "STATE_DIR")]
    pub state_dir: Option<PathBuf>,

    /// JSON Web Key Set with the public keys of the tokens, used until a newer one is received from the bus
    #[arg(long, env = "JWT_KEYS_FILE")]
    pub jwt_keys_file: Option<PathBuf>,

    /// Format of log lines; RUST_LOG selects which are written
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// Seconds for which /readyz responds with 503 before the listener closes at shutdown
    #[arg(long, env = "DRAIN_DELAY", default_value_t = 0)]
    pub drain_delay: u64,

    /// Seconds after which a request without a response gets a 503
    #[arg(long, env = "REQUEST_TIMEOUT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub request_timeout: u64,

    /// Seconds for the headers of a request to arrive; then the connection is closed
    #[arg(long, env = "HEADER_TIMEOUT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub header_timeout: u64,

    /// Seconds without progress of a request body, after which the response is 408; REQUEST_TIMEOUT includes the body
    #[arg(long, env = "BODY_TIMEOUT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub body_timeout: u64,

    /// Seconds without a request, or with a response that is not read, after which a connection is closed; has to be
    /// longer than the keep-alive timeout of the proxies in front
    #[arg(long, env = "IDLE_TIMEOUT", default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub idle_timeout: u64,

    /// Open connections of each listener; further ones wait until one is closed
    #[arg(long, env = "MAX_CONNECTIONS", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,

    /// Sustained requests per second of one client address; 0 disables the limit
    #[arg(long, env = "RATE_LIMIT_PER_SECOND", default_value_t = 50)]
    pub rate_limit_per_second: u32,

    /// Burst of requests of one client address; 0 disables the limit
    #[arg(long, env = "RATE_LIMIT_BURST", default_value_t = 200)]
    pub rate_limit_burst: u32,

    /// Number of proxies in front of the service that append to X-Forwarded-For; 0 trusts none
    #[arg(long, env = "TRUSTED_PROXIES", default_value_t = 1)]
    pub trusted_proxies: usize,
}

/// The rate limit of one client address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Sustained requests per second.
    pub per_second: NonZeroU32,
    /// Burst of requests.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// Returns the limit, or `None` if either number is 0.
    pub fn new(per_second: u32, burst: u32) -> Option<Self> {
        Some(Self {
            per_second: NonZeroU32::new(per_second)?,
            burst: NonZeroU32::new(burst)?,
        })
    }
}

/// Timeouts of connections, and their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Time for the headers of a request to arrive.
    pub header_timeout: Duration,
    /// Time without progress of a request body.
    pub body_timeout: Duration,
    /// Time without a request, or with a response that is not read.
    pub idle_timeout: Duration,
    /// Open connections of each listener.
    pub max_connections: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(75),
            max_connections: 4096,
        }
    }
}

/// The settings of one service, complete and validated.
#[derive(Debug, Clone)]
pub struct PlatformSettings {
    /// The service's name, e.g. `posts`.
    pub service: String,
    /// Address of the API.
    pub listen_addr: SocketAddr,
    /// Address of health and metrics.
    pub ops_listen_addr: SocketAddr,
    /// MongoDB connection string; `None` for a service without a database.
    pub mongodb_uri: Option<Secret>,
    /// The service's database.
    pub mongodb_database: String,
    /// NATS servers; secret because an address may contain a password.
    pub nats_urls: Vec<Secret>,
    /// Seed of the service's NATS user.
    pub nats_nkey_seed: Option<Secret>,
    /// NATS credentials file.
    pub nats_creds_file: Option<PathBuf>,
    /// Certificate authority of the NATS servers.
    pub nats_ca_file: Option<PathBuf>,
    /// Public URL of the site.
    pub public_url: PublicUrl,
    /// Folder for state that survives a restart.
    pub state_dir: Option<PathBuf>,
    /// Mounted key set.
    pub jwt_keys_file: Option<PathBuf>,
    /// Format of log lines.
    pub log_format: LogFormat,
    /// How long readiness is 503 before the listener closes.
    pub drain_delay: Duration,
    /// How long a request may take until its response begins.
    pub request_timeout: Duration,
    /// Limits of connections.
    pub connections: ConnectionLimits,
    /// Limit per client address; `None` is no limit.
    pub rate_limit: Option<RateLimit>,
    /// Number of our own proxies in `X-Forwarded-For`.
    pub trusted_proxies: usize,
}

impl PlatformSettings {
    /// Settings for a test or a tool: free ports of the loopback interface, no rate limit, otherwise the defaults.
    /// The database has the service's name, the public URL is `http://localhost:8080`.
    pub fn local(service: &str, mongodb_uri: &str, nats_url: &str) -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            service: service.to_owned(),
            listen_addr: any_port,
            ops_listen_addr: any_port,
            mongodb_uri: Some(Secret::from(mongodb_uri)),
            mongodb_database: service.to_owned(),
            nats_urls: Secret::from(nats_url).split(','),
            nats_nkey_seed: None,
            nats_creds_file: None,
            nats_ca_file: None,
            public_url: PublicUrl::default(),
            state_dir: None,
            jwt_keys_file: None,
            log_format: LogFormat::Text,
            drain_delay: Duration::ZERO,
            request_timeout: Duration::from_secs(10),
            connections: ConnectionLimits::default(),
            rate_limit: None,
            trusted_proxies: 1,
        }
    }

    /// Whether cookies are `Secure`: if the public URL is https.
    pub fn secure_cookies(&self) -> bool {
        self.public_url.is_https()
    }
}
