//! Runs a service's two listeners until it is told to stop, and then lets requests in flight finish.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{Health, ops_router};
use crate::{config::PlatformSettings, telemetry::metrics_handle};

/// How long requests in flight may take to finish at shutdown; Kubernetes kills after 30 s, and the platform
/// promises to be gone within 10.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(8);

/// How often histograms are folded, so that they do not grow when nobody scrapes.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Serves `router` on `listener` and health and metrics on `ops_listener` until `shutdown` is cancelled; then
/// readiness turns 503, the drain delay passes, the listener closes, and requests in flight finish within
/// [`DRAIN_LIMIT`]. Long answers such as event streams should end themselves on `shutdown`.
///
/// Returns an error if a listener breaks.
pub async fn serve(
    listener: TcpListener,
    ops_listener: TcpListener,
    router: Router,
    health: Health,
    shutdown: CancellationToken,
    settings: &PlatformSettings,
) -> io::Result<()> {
    let stop = CancellationToken::new();
    let _upkeep = stop.clone().drop_guard();
    tokio::spawn(keep_up_metrics(stop.clone()));
    let ops_stop = CancellationToken::new();
    let ops = spawn_server(
        ops_listener,
        ops_router(health.clone(), metrics_handle()),
        ops_stop.clone(),
    );
    let mut main = spawn_server(listener, router, stop.clone());

    tokio::select! {
        () = shutdown.cancelled() => {}
        result = &mut main => return result.unwrap_or_else(|error| Err(io::Error::other(error))),
    }
    tracing::info!("draining");
    health.drain();
    tokio::time::sleep(settings.drain_delay).await;
    stop.cancel();
    let result = match tokio::time::timeout(DRAIN_LIMIT, &mut main).await {
        Ok(result) => result.unwrap_or_else(|error| Err(io::Error::other(error))),
        Err(_) => {
            tracing::warn!(
                limit_s = DRAIN_LIMIT.as_secs(),
                "some requests did not finish and are cut off"
            );
            main.abort();
            Ok(())
        }
    };
    ops_stop.cancel();
    ops.abort();
    result
}

fn spawn_server(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> tokio::task::JoinHandle<io::Result<()>> {
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        axum::serve(listener, service)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
    })
}

async fn keep_up_metrics(stop: CancellationToken) {
    let metrics = metrics_handle();
    while stop
        .run_until_cancelled(tokio::time::sleep(METRICS_UPKEEP))
        .await
        .is_some()
    {
        metrics.run_upkeep();
    }
}

/// A token that SIGTERM or SIGINT cancels. The second such signal ends the process at once, with status 130.
///
/// The handlers are there when this returns: process 1 of a container would otherwise ignore SIGTERM.
/// Call it inside the runtime.
pub fn shutdown_signal() -> io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        for first in [true, false] {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            if !first {
                tracing::warn!(signal = name, "told to stop a second time; leaving at once");
                std::process::exit(130);
            }
            tracing::info!(signal = name, "told to stop");
            token.cancel();
        }
    });
    Ok(shutdown)
}
