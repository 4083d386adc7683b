//! One connection to the bus for each service.

use std::{path::PathBuf, sync::atomic::Ordering, time::Duration};

use async_nats::{ConnectOptions, Event, connection::State, jetstream};
use common::event::permissions::inbox_prefix;

use super::refusals::Refusals;
use crate::config::{PlatformSettings, Secret};

/// How to reach the bus.
#[derive(Debug, Clone, Default)]
pub struct BusSettings {
    /// Addresses such as `nats://host:4222`; secret because one may hold a password.
    pub urls: Vec<Secret>,
    /// Seed of the service's nkey.
    pub nkey_seed: Option<Secret>,
    /// File with a JWT and seed, as NATS operators hand out.
    pub creds_file: Option<PathBuf>,
    /// File with the certificate of the authority that signed the servers' certificates, PEM.
    pub ca_file: Option<PathBuf>,
}

impl From<&PlatformSettings> for BusSettings {
    fn from(settings: &PlatformSettings) -> Self {
        Self {
            urls: settings.nats_urls.clone(),
            nkey_seed: settings.nats_nkey_seed.clone(),
            creds_file: settings.nats_creds_file.clone(),
            ca_file: settings.nats_ca_file.clone(),
        }
    }
}

/// Why the connection could not even be tried. A bus that is away is no error: it is tried for ever.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The credentials cannot be read.
    #[error("NATS_CREDS_FILE {} cannot be read", .path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An address or option that cannot be.
    #[error("NATS_URL or its credentials cannot be used")]
    Options(#[source] async_nats::ConnectError),
}

/// How long a publisher waits for the acknowledgement.
const ACK_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request to JetStream's API may take.
const API_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest pause between attempts to reconnect.
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(2);

/// A service's connection to the bus; cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus {
    pub(super) client: async_nats::Client,
    pub(super) jetstream: jetstream::Context,
    pub(super) refusals: Refusals,
    service: &'static str,
}

impl Bus {
    /// Connects `service`, or goes on trying in the background: a service starts while the bus is away.
    ///
    /// # Errors
    /// If the credentials or addresses cannot be.
    pub async fn connect(settings: &BusSettings, service: &'static str) -> Result<Self, ConnectError> {
        let refusals = Refusals::new();
        let noted = refusals.clone();
        let mut options = ConnectOptions::new()
            .name(format!("inkstream-{service}"))
            .custom_inbox_prefix(inbox_prefix(service))
            .connection_timeout(Duration::from_secs(2))
            .ping_interval(Duration::from_secs(10))
            .reconnect_delay_callback(|attempt| {
                Duration::from_millis(50)
                    .saturating_mul(1 << attempt.min(6))
                    .min(MAX_RECONNECT_DELAY)
            })
            .event_callback(move |event| {
                noted.note(&event);
                log_event(service, event)
            })
            .retry_on_initial_connect();
        if let Some(seed) = &settings.nkey_seed {
            options = options.nkey(seed.expose().trim().to_owned());
        }
        if let Some(path) = &settings.creds_file {
            options = options
                .credentials_file(path)
                .await
                .map_err(|source| ConnectError::Credentials {
                    path: path.clone(),
                    source,
                })?;
        }
        if let Some(path) = &settings.ca_file {
            options = options.add_root_certificates(path.clone()).require_tls(true);
        }
        let servers: Vec<&str> = settings.urls.iter().map(Secret::expose).collect();
        let client = options.connect(servers).await.map_err(ConnectError::Options)?;
        let jetstream = jetstream::context::ContextBuilder::new()
            .timeout(API_TIMEOUT)
            .ack_timeout(ACK_TIMEOUT)
            .build(client.clone());
        Ok(Self {
            client,
            jetstream,
            refusals,
            service,
        })
    }

    /// Whether the connection stands at this moment.
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// How often the connection has been made.
    pub(crate) fn connects(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Relaxed)
    }

    /// The JetStream context, for key-value buckets and looking.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }

    /// The core connection, for live notes, which may be lost.
    pub fn client(&self) -> &async_nats::Client {
        &self.client
    }

    /// The service it belongs to.
    pub fn service(&self) -> &'static str {
        self.service
    }
}

async fn log_event(service: &'static str, event: Event) {
    match event {
        Event::Connected => tracing::info!(service, "connected to the bus"),
        Event::Disconnected => tracing::warn!(service, "disconnected from the bus; reconnecting"),
        // A permission violation shows only here: the publisher just waits for an answer that never comes.
        Event::ServerError(error) => tracing::error!(service, %error, "the bus refused an operation"),
        Event::ClientError(error) => tracing::debug!(service, %error, "bus client error"),
        Event::SlowConsumer(subscription) => {
            tracing::warn!(
                service,
                subscription,
                "a subscription is too slow; messages of it were dropped"
            );
        }
        Event::LameDuckMode => tracing::info!(service, "the bus server is about to stop; moving to another"),
        Event::Draining | Event::Closed => tracing::debug!(service, "the bus connection closes"),
    }
}
