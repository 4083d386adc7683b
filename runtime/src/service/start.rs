//! Starting a service and ending it without losing anything.

use std::{net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Platform, Service, StartError, resync};
use crate::{config::PlatformSettings, http};

/// How long tasks may take to end after the last request was answered.
const TASK_PATIENCE: Duration = Duration::from_secs(5);

/// A service that runs.
#[derive(Debug)]
pub struct Started {
    /// Where its API listens.
    pub address: SocketAddr,
    /// Where its health and metrics listen.
    pub ops_address: SocketAddr,
    /// What it stands on.
    pub platform: Platform,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), StartError>>,
}

impl Started {
    /// Starts `S`; it serves until `shutdown` is cancelled.
    ///
    /// # Errors
    /// If a setting cannot be or a port is taken.
    pub async fn start<S: Service>(
        settings: PlatformSettings,
        own: S::Settings,
        shutdown: CancellationToken,
    ) -> Result<Self, StartError> {
        let listener = bind(settings.listen_addr, "LISTEN_ADDR").await?;
        let ops_listener = bind(settings.ops_listen_addr, "OPS_LISTEN_ADDR").await?;
        let platform = Platform::open(S::NAME, settings).await?;
        if S::VERIFIES_USERS {
            platform.watch_identity();
        }
        if S::OWNS_DATABASE {
            let served = platform.clone();
            platform.spawn("resync", |stop| resync::serve::<S>(served, stop));
        }
        let mut router = S::build(&platform, own).await?;
        if !S::BRINGS_LAYERS {
            router = http::layers(router, &platform.settings);
        }

        let address = local_address(&listener)?;
        let ops_address = local_address(&ops_listener)?;
        tracing::info!(service = S::NAME, %address, %ops_address, "listening");
        let running = tokio::spawn(run(
            platform.clone(),
            router,
            listener,
            ops_listener,
            shutdown.clone(),
        ));
        Ok(Self {
            address,
            ops_address,
            platform,
            shutdown,
            running,
        })
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it could not serve.
    pub async fn ended(self) -> Result<(), StartError> {
        self.running
            .await
            .map_err(|error| StartError::new("the service broke down", error))?
    }

    /// Ends it as SIGTERM does, and waits.
    ///
    /// # Errors
    /// If it could not serve.
    pub async fn stop(self) -> Result<(), StartError> {
        self.shutdown.cancel();
        self.ended().await
    }
}

/// Serves; then ends in order: no new requests, the requests in flight, the tasks (the relay publishes what those
/// requests committed).
async fn run(
    platform: Platform,
    router: axum::Router,
    listener: TcpListener,
    ops_listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let draining = platform.draining.clone();
    let begin_draining = async {
        shutdown.cancelled().await;
        draining.cancel();
    };
    let health = platform.health.clone();
    let serving = http::serve(
        listener,
        ops_listener,
        router,
        health,
        shutdown.clone(),
        &platform.settings,
    );
    let (served, ()) = tokio::join!(serving, begin_draining);

    platform.stopping.cancel();
    platform.tasks.close();
    if tokio::time::timeout(TASK_PATIENCE, platform.tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!("some tasks did not end in time");
    }
    // Acknowledgements of the reactors may still be in the client's buffer.
    let _ = tokio::time::timeout(Duration::from_secs(1), platform.bus.client().flush()).await;
    platform.close().await;
    tracing::info!("stopped");
    served.map_err(|error| StartError::new("the service could not serve", error))
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| {
        StartError::new(
            format!("cannot listen on {address}; choose another {setting} or free the port"),
            error,
        )
    })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener
        .local_addr()
        .map_err(|error| StartError::new("the listener has no address", error))
}
