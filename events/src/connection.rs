//! The connection to the server: its address, the credentials, and permission errors.

mod args;
mod context;
mod denied;

use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, jetstream};
use tokio::sync::watch;

pub use self::args::Args;
use self::{context::Context, denied::Denied};
use crate::failure::{Failure, chain};

/// The timeout of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of a request to JetStream's API.
const API_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest pause between attempts to reconnect.
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(1);
/// The time within which the client library reports the established connection.
const FIRST_EVENT: Duration = Duration::from_millis(200);
/// The server if none is configured.
const DEFAULT_SERVER: &str = "nats://127.0.0.1:4222";

impl Args {
    /// Connects. An unavailable server is a failure here; later the client waits for it.
    ///
    /// # Errors
    /// If the context cannot be read, or the server is unavailable or refuses the connection.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        let context = Context::load(self.context.as_deref())?.overridden(self);
        let servers: Vec<&str> = context
            .url
            .as_deref()
            .unwrap_or(DEFAULT_SERVER)
            .split(',')
            .collect();
        let (denied, link) = (Denied::default(), watch::Sender::new(Link::default()));
        let options = context.options(options(&denied, &link)).await?;
        let client = options
            .connect(&servers[..])
            .await
            .map_err(|error| match error.kind() {
                ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                    Failure::NotPermitted(format!("to connect to {} ({error})", shown(&servers)))
                }
                _ => Failure::connection(&format!("no connection to {}", shown(&servers)), &error),
            })?;
        // The event for this connection may arrive a little later; it must not count as a reconnection.
        let mut connected = link.subscribe();
        let _ = tokio::time::timeout(FIRST_EVENT, connected.wait_for(|link| link.up)).await;
        let builder = jetstream::context::ContextBuilder::new()
            .timeout(API_TIMEOUT)
            .ack_timeout(API_TIMEOUT);
        let jetstream = match (&context.jetstream_domain, &context.jetstream_api_prefix) {
            (Some(domain), _) => builder.domain(domain).build(client.clone()),
            (None, Some(prefix)) => builder.api_prefix(prefix).build(client.clone()),
            (None, None) => builder.build(client.clone()),
        };
        Ok(Connection {
            client,
            jetstream,
            denied,
            link: connected,
        })
    }
}

fn options(denied: &Denied, link: &watch::Sender<Link>) -> ConnectOptions {
    let (denied, link) = (denied.clone(), link.clone());
    ConnectOptions::new()
        .name("inkstream-events")
        .connection_timeout(CONNECT_TIMEOUT)
        .ping_interval(Duration::from_secs(10))
        .reconnect_delay_callback(|attempt| {
            Duration::from_millis(50)
                .saturating_mul(1 << attempt.min(6))
                .min(MAX_RECONNECT_DELAY)
        })
        .event_callback(move |event| {
            match event {
                async_nats::Event::ServerError(error) => denied.notice(&error.to_string()),
                async_nats::Event::Connected => link.send_modify(|link| {
                    link.connections += 1;
                    link.up = true;
                }),
                async_nats::Event::Disconnected => link.send_modify(|link| link.up = false),
                _ => {}
            }
            std::future::ready(())
        })
}

/// The addresses without credentials.
fn shown(servers: &[&str]) -> String {
    let without = |server: &&str| match server.rsplit_once('@') {
        Some((credentials, host)) => {
            let scheme = credentials.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://{host}")
        }
        None => (*server).to_owned(),
    };
    servers.iter().map(without).collect::<Vec<_>>().join(", ")
}

/// The state of the connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Link {
    /// The number of times it was established.
    connections: u64,
    /// Whether it is established.
    pub up: bool,
}

/// An open connection; cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The core connection.
    pub client: Client,
    /// JetStream, in the context's domain.
    pub jetstream: jetstream::Context,
    denied: Denied,
    link: watch::Receiver<Link>,
}

impl Connection {
    /// Runs `work`, and fails as soon as the server reports a permissions violation: the client library does not
    /// return that error but waits for its timeout. `what` describes the operation in the failure.
    ///
    /// # Errors
    /// If the operation is not permitted, or `work` fails.
    pub async fn permitted<T, E: std::error::Error + 'static>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        self.allowed(work)
            .await?
            .map_err(|error| Failure::connection(what, &error))
    }

    /// Like [`permitted`](Self::permitted), for work whose errors the caller handles.
    ///
    /// # Errors
    /// If the operation is not permitted.
    pub async fn allowed<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut denied = self.denied.watch();
        tokio::select! {
            biased;
            subject = denied.next() => Err(Failure::NotPermitted(subject)),
            output = work => Ok(output),
        }
    }

    /// Watches the connection for changes from now on.
    pub fn link(&self) -> watch::Receiver<Link> {
        let mut link = self.link.clone();
        link.mark_unchanged();
        link
    }

    /// The JetStream stream `name`.
    ///
    /// # Errors
    /// If it does not exist, may not be read, or the server is unavailable.
    pub async fn stream(&self, name: &str) -> Result<jetstream::stream::Stream, Failure> {
        use jetstream::context::GetStreamErrorKind;
        let found = self.allowed(self.jetstream.get_stream(name)).await?;
        found.map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(error) if error.code() == 404 => {
                Failure::NotFound(format!("the server has no stream {name}"))
            }
            _ => Failure::Connection(format!(
                "the stream {name} cannot be inspected: {}",
                chain(&error)
            )),
        })
    }
}
