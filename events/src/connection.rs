//! The connection to the server: where it is, who we are, and what it does not let us do.

mod context;
mod denied;

use std::{path::PathBuf, time::Duration};

use async_nats::{Client, ConnectErrorKind, ConnectOptions, jetstream};
use tokio::sync::watch;

use self::{context::Context, denied::Denied};
use crate::failure::{Failure, chain};

/// How long the server may take to take the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request to JetStream's API may take.
const API_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest pause between attempts to reconnect.
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(1);
/// How long the client library may take to tell of the connection it has made.
const FIRST_EVENT: Duration = Duration::from_millis(200);
/// Where nothing says otherwise.
const DEFAULT_SERVER: &str = "nats://127.0.0.1:4222";

/// How to reach the server. What is not given here comes from the context of the `nats` command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
#[group(skip)]
pub struct Args {
    /// Addresses of the servers, separated by commas [default: nats://127.0.0.1:4222]
    #[arg(
        long,
        short,
        global = true,
        value_name = "URL",
        env = "NATS_URL",
        hide_env_values = true
    )]
    server: Option<String>,
    /// File with a JWT and its seed
    #[arg(long, global = true, value_name = "FILE", env = "NATS_CREDS")]
    creds: Option<PathBuf>,
    /// File with the seed of an nkey
    #[arg(long, global = true, value_name = "FILE", env = "NATS_NKEY")]
    nkey: Option<PathBuf>,
    /// File with the certificates that the server's is to be checked with
    #[arg(long, global = true, value_name = "FILE", env = "NATS_CA")]
    tlsca: Option<PathBuf>,
    /// Prefix of the subjects on which answers come, where the account has one of its own: `_INBOX_operator`
    #[arg(long, global = true, value_name = "PREFIX", env = "NATS_INBOX_PREFIX")]
    inbox_prefix: Option<String>,
    /// Context of the `nats` command, instead of the one selected there
    #[arg(long, global = true, value_name = "NAME", env = "NATS_CONTEXT")]
    context: Option<String>,
}

impl Args {
    /// Connects. A server that is away is a failure here; later it is waited for.
    ///
    /// # Errors
    /// If the context cannot be read, or the server is away or refuses.
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
        // The event that tells of this connection may come a little later; it is not that of a second one.
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

/// The addresses without what may be a password in them.
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

/// How the connection stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Link {
    /// How often it was made.
    connections: u64,
    /// Whether it stands.
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
    /// Does `work`, and gives up as soon as the server says that something of it is not permitted: of that the client
    /// library tells nobody, it just waits until its time is out. `what` says in a failure what could not be done.
    ///
    /// # Errors
    /// If it is not permitted, or `work` fails.
    pub async fn permitted<T, E: std::error::Error + 'static>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        self.allowed(work)
            .await?
            .map_err(|error| Failure::connection(what, &error))
    }

    /// Like [`permitted`](Self::permitted), for work whose own errors the caller wants to look at.
    ///
    /// # Errors
    /// If it is not permitted.
    pub async fn allowed<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut denied = self.denied.watch();
        tokio::select! {
            biased;
            subject = denied.next() => Err(Failure::NotPermitted(subject)),
            output = work => Ok(output),
        }
    }

    /// Tells of every change of the connection from now on.
    pub fn link(&self) -> watch::Receiver<Link> {
        let mut link = self.link.clone();
        link.mark_unchanged();
        link
    }

    /// The JetStream stream of that name.
    ///
    /// # Errors
    /// If there is none, it may not be looked at, or the server is away.
    pub async fn stream(&self, name: &str) -> Result<jetstream::stream::Stream, Failure> {
        use jetstream::context::GetStreamErrorKind;
        let found = self.allowed(self.jetstream.get_stream(name)).await?;
        found.map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(error) if error.code() == 404 => {
                Failure::NotFound(format!("there is no stream {name} on the server"))
            }
            _ => Failure::Connection(format!(
                "the stream {name} cannot be looked at: {}",
                chain(&error)
            )),
        })
    }
}
