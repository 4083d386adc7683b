//! The connection of a service to the bus.

use std::{path::PathBuf, sync::atomic::Ordering, time::Duration};

use async_nats::{ConnectOptions, Event, connection::State, jetstream};
use common::event::permissions::inbox_prefix;

use super::refusals::Refusals;
use crate::config::{PlatformSettings, Secret};

/// The settings of the connection.
#[derive(Debug, Clone, Default)]
pub struct BusSettings {
    /// Addresses such as `nats://host:4222`; secret because they may contain a password.
    pub urls: Vec<Secret>,
    /// Seed of the service's nkey.
    pub nkey_seed: Option<Secret>,
    /// Credentials file of NATS, with a JWT and a seed.
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

/// An invalid configuration. An unavailable bus is not an error: the client retries forever.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The credentials cannot be read.
    #[error("NATS_CREDS_FILE {} cannot be read", .path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// An address or option is invalid.
    #[error("NATS_URL or its credentials cannot be used")]
    Options(#[source] async_nats::ConnectError),
}

/// The timeout of an acknowledgement.
const ACK_TIMEOUT: Duration = Duration::from_secs(3);
/// The timeout of a request to JetStream's API.
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
    /// Connects `service`, or keeps trying in the background: a service starts while the bus is unavailable.
    ///
    /// # Errors
    /// If the credentials or addresses are invalid.
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

    /// Whether it is connected.
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// The number of times the connection was established.
    pub(crate) fn connects(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Relaxed)
    }

    /// The JetStream context, for key-value buckets and reads.
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
        // A permission violation is reported only here: the publisher runs into its timeout.
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
