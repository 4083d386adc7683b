//! The two listeners of a service, from start to graceful shutdown.

mod activity;
mod listener;

use std::{io, time::Duration};

use axum::Router;
use listener::serve_listener;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::{JoinError, JoinHandle},
};
use tokio_util::sync::CancellationToken;

use super::{Health, ops_router};
use crate::{config::PlatformSettings, telemetry::metrics_handle};

/// How long requests in flight may take to finish at shutdown; Kubernetes kills after 30 s, and the platform
/// guarantees an end within 10.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(8);

/// The interval at which histograms are folded, so that they do not grow without scrapes.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Serves `router` on `listener`, and health and metrics on `ops_listener`, until `shutdown` is cancelled; then
/// readiness turns 503, the drain delay passes, the listener closes, and requests in flight finish within
/// [`DRAIN_LIMIT`]. Long responses such as event streams should end themselves on `shutdown`.
///
/// # Errors
/// If the task of a listener fails or ends before the shutdown.
pub async fn serve(
    listener: TcpListener,
    ops_listener: TcpListener,
    router: Router,
    health: Health,
    shutdown: CancellationToken,
    settings: &PlatformSettings,
) -> io::Result<()> {
    describe_metrics();
    let (limits, stop) = (settings.connections, CancellationToken::new());
    let ops_router = ops_router(health.clone(), metrics_handle());
    let mut ops = tokio::spawn(serve_listener(
        "ops",
        ops_listener,
        ops_router,
        limits,
        CancellationToken::new(),
    ));
    let upkeep = tokio::spawn(keep_up_metrics());
    let mut main = tokio::spawn(serve_listener("api", listener, router, limits, stop.clone()));
    let main_task = main.abort_handle();
    let result = tokio::select! {
        ended = &mut main => Err(ended_early("api", ended)),
        ended = &mut ops => Err(ended_early("ops", ended)),
        () = shutdown.cancelled() => {
            tracing::info!("draining");
            health.drain();
            tokio::time::sleep(settings.drain_delay).await;
            stop.cancel();
            drained(main).await
        }
    };
    // The ops port serves until the end.
    ops.abort();
    main_task.abort();
    upkeep.abort();
    result
}

fn describe_metrics() {
    metrics::describe_gauge!("http_connections", "Open connections");
    metrics::describe_counter!(
        "http_connection_limit_reached_total",
        "Connections that had to wait because the maximum number was open"
    );
    metrics::describe_counter!(
        "http_connection_timeouts_total",
        "Connections closed because no headers arrived, no request followed, or the response was not read"
    );
}

fn ended_early(listener: &str, result: Result<(), JoinError>) -> io::Error {
    match result {
        Ok(()) => io::Error::other(format!("the listener `{listener}` ended")),
        Err(error) => io::Error::other(error),
    }
}

fn finished(result: Result<(), JoinError>) -> io::Result<()> {
    result.map_err(io::Error::other)
}

async fn drained(mut main: JoinHandle<()>) -> io::Result<()> {
    match tokio::time::timeout(DRAIN_LIMIT, &mut main).await {
        Ok(result) => finished(result),
        Err(_) => {
            tracing::warn!(
                limit_s = DRAIN_LIMIT.as_secs(),
                "some requests did not finish and are aborted"
            );
            main.abort();
            Ok(())
        }
    }
}

async fn keep_up_metrics() {
    let metrics = metrics_handle();
    loop {
        tokio::time::sleep(METRICS_UPKEEP).await;
        metrics.run_upkeep();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a second signal means: without drain and flush"
)]
fn exit_immediately() -> ! {
    std::process::exit(130)
}

/// Returns a token that SIGTERM or SIGINT cancels. The second such signal ends the process immediately, with status 130.
///
/// The handlers are installed when this returns: process 1 of a container would otherwise ignore SIGTERM.
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
                tracing::warn!(signal = name, "second signal: exiting immediately");
                exit_immediately();
            }
            tracing::info!(signal = name, "shutting down");
            token.cancel();
        }
    });
    Ok(shutdown)
}

#[cfg(test)]
mod tests;
