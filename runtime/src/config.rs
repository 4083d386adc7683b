//! The settings that every service shares: read once at start from flags, environment and secret files.
//!
//! [`PlatformArgs`] is what clap reads (`--help` lists every setting, unit and default);
//! [`PlatformArgs::resolve`] turns it into [`PlatformSettings`], which the code uses and tests make by hand.

mod resolve;
mod secret;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};
pub use resolve::{ConfigError, PublicUrl};
pub use secret::Secret;

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line, with the field names that Google Cloud Logging knows.
    Json,
}

/// Flags and environment variables of every service. An empty text or path counts as unset.
#[derive(Debug, Clone, Args)]
pub struct PlatformArgs {
    /// Address and port of the API
    #[arg(long, env = "LISTEN_ADDR", default_value = "0.0.0.0:3000")]
    pub listen_addr: SocketAddr,

    /// Address and port of /healthz, /readyz and /metrics; never routed to from outside
    #[arg(long, env = "OPS_LISTEN_ADDR", default_value = "0.0.0.0:9090")]
    pub ops_listen_addr: SocketAddr,

    /// MongoDB connection string; may hold a password, so prefer the file
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    pub mongodb_uri: Option<Secret>,

    /// File that holds the MongoDB connection string
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

    /// File that holds the nkey seed of the service's NATS user
    #[arg(long, env = "NATS_NKEY_SEED_FILE")]
    pub nats_nkey_seed_file: Option<PathBuf>,

    /// NATS credentials file (JWT and seed), instead of an nkey seed
    #[arg(long, env = "NATS_CREDS_FILE")]
    pub nats_creds_file: Option<PathBuf>,

    /// PEM file of the certificate authority of the NATS servers
    #[arg(long, env = "NATS_CA_FILE")]
    pub nats_ca_file: Option<PathBuf>,

    /// Address under which browsers reach the site; https makes the session cookie Secure
    #[arg(long, env = "PUBLIC_URL", default_value = "http://localhost:8080")]
    pub public_url: PublicUrl,

    /// Folder where the last known key set is kept (keys.json), for a start while the bus is down
    #[arg(long, env = "STATE_DIR")]
    pub state_dir: Option<PathBuf>,

    /// JSON Web Key Set with the public keys of the tokens, used until the bus brings a newer one
    #[arg(long, env = "JWT_KEYS_FILE")]
    pub jwt_keys_file: Option<PathBuf>,

    /// How log lines are written; RUST_LOG chooses which
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// Seconds that /readyz answers 503 before the listener closes at shutdown
    #[arg(long, env = "DRAIN_DELAY", default_value_t = 0)]
    pub drain_delay: u64,

    /// Seconds after which a request without an answer gets a 503
    #[arg(long, env = "REQUEST_TIMEOUT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub request_timeout: u64,

    /// Requests per second of one client address in the long run; 0 turns the limit off
    #[arg(long, env = "RATE_LIMIT_PER_SECOND", default_value_t = 50)]
    pub rate_limit_per_second: u32,

    /// Requests that one client address may make at once; 0 turns the limit off
    #[arg(long, env = "RATE_LIMIT_BURST", default_value_t = 200)]
    pub rate_limit_burst: u32,

    /// How many proxies in front of the service append to X-Forwarded-For; 0 trusts none
    #[arg(long, env = "TRUSTED_PROXIES", default_value_t = 1)]
    pub trusted_proxies: usize,
}

/// How many requests one client address may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests per second in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// The limit of these two numbers, or none if either is 0.
    pub fn new(per_second: u32, burst: u32) -> Option<Self> {
        Some(Self {
            per_second: NonZeroU32::new(per_second)?,
            burst: NonZeroU32::new(burst)?,
        })
    }
}

/// The settings of one service, complete and checked.
#[derive(Debug, Clone)]
pub struct PlatformSettings {
    /// The service's name, e.g. `posts`.
    pub service: String,
    /// Where the API listens.
    pub listen_addr: SocketAddr,
    /// Where health and metrics listen.
    pub ops_listen_addr: SocketAddr,
    /// MongoDB connection string; `None` for a service without a database.
    pub mongodb_uri: Option<Secret>,
    /// The service's database.
    pub mongodb_database: String,
    /// NATS servers; secret because such an address may hold a password.
    pub nats_urls: Vec<Secret>,
    /// Seed of the service's NATS user.
    pub nats_nkey_seed: Option<Secret>,
    /// NATS credentials file.
    pub nats_creds_file: Option<PathBuf>,
    /// Certificate authority of the NATS servers.
    pub nats_ca_file: Option<PathBuf>,
    /// Where browsers reach the site.
    pub public_url: PublicUrl,
    /// Folder of what is worth keeping over a restart.
    pub state_dir: Option<PathBuf>,
    /// Mounted key set.
    pub jwt_keys_file: Option<PathBuf>,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How long readiness is refused before the listener closes.
    pub drain_delay: Duration,
    /// How long a request may take until its answer begins.
    pub request_timeout: Duration,
    /// Limit per client address; `None` is no limit.
    pub rate_limit: Option<RateLimit>,
    /// How many hops of `X-Forwarded-For` are our own proxies'.
    pub trusted_proxies: usize,
}

impl PlatformSettings {
    /// Settings for a test or a tool: any free port of the loopback, no rate limit, the rest as by default.
    /// The database bears the service's name, the public address is `http://localhost:8080`.
    pub fn local(service: &str, mongodb_uri: &str, nats_url: &str) -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            service: service.to_owned(),
            listen_addr: any_port,
            ops_listen_addr: any_port,
            mongodb_uri: Some(Secret::from(mongodb_uri)),
            mongodb_database: service.to_owned(),
            nats_urls: resolve::split_urls(&Secret::from(nats_url)),
            nats_nkey_seed: None,
            nats_creds_file: None,
            nats_ca_file: None,
            public_url: PublicUrl::default(),
            state_dir: None,
            jwt_keys_file: None,
            log_format: LogFormat::Text,
            drain_delay: Duration::ZERO,
            request_timeout: Duration::from_secs(10),
            rate_limit: None,
            trusted_proxies: 1,
        }
    }

    /// Whether cookies are `Secure`, which is when the site is reached by https.
    pub fn secure_cookies(&self) -> bool {
        self.public_url.is_https()
    }
}
