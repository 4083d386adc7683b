//! Runs a service's two listeners until it is told to stop, and then lets requests in flight finish.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::{JoinError, JoinHandle},
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
    let ops = spawn_server(
        ops_listener,
        ops_router(health.clone(), metrics_handle()),
        CancellationToken::new(),
    );
    let upkeep = tokio::spawn(keep_up_metrics());
    let mut main = spawn_server(listener, router, stop.clone());
    let result = tokio::select! {
        broken = &mut main => finished(broken),
        () = shutdown.cancelled() => {
            tracing::info!("draining");
            health.drain();
            tokio::time::sleep(settings.drain_delay).await;
            stop.cancel();
            drained(main).await
        }
    };
    // Health was answered to the end.
    ops.abort();
    upkeep.abort();
    result
}

type Server = JoinHandle<io::Result<()>>;

fn finished(result: Result<io::Result<()>, JoinError>) -> io::Result<()> {
    result.unwrap_or_else(|error| Err(io::Error::other(error)))
}

async fn drained(mut main: Server) -> io::Result<()> {
    match tokio::time::timeout(DRAIN_LIMIT, &mut main).await {
        Ok(result) => finished(result),
        Err(_) => {
            tracing::warn!(
                limit_s = DRAIN_LIMIT.as_secs(),
                "some requests did not finish and are cut off"
            );
            main.abort();
            Ok(())
        }
    }
}

fn spawn_server(listener: TcpListener, router: Router, stop: CancellationToken) -> Server {
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

async fn keep_up_metrics() {
    let metrics = metrics_handle();
    loop {
        tokio::time::sleep(METRICS_UPKEEP).await;
        metrics.run_upkeep();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever asks twice wants no drain and no flush"
)]
fn leave_at_once() -> ! {
    std::process::exit(130)
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
                leave_at_once();
            }
            tracing::info!(signal = name, "told to stop");
            token.cancel();
        }
    });
    Ok(shutdown)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Instant};

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::Notify,
    };

    use super::*;
    use crate::http::layers;

    async fn get_text(address: SocketAddr, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    }

    #[tokio::test]
    async fn requests_in_flight_finish_and_readiness_goes_first() {
        let settings = PlatformSettings {
            drain_delay: Duration::from_millis(300),
            ..PlatformSettings::local("test", "mongodb://localhost", "nats://localhost")
        };
        let listener = TcpListener::bind(settings.listen_addr).await.unwrap();
        let ops_listener = TcpListener::bind(settings.ops_listen_addr).await.unwrap();
        let (address, ops) = (listener.local_addr().unwrap(), ops_listener.local_addr().unwrap());
        let (begun, shutdown) = (Arc::new(Notify::new()), CancellationToken::new());
        let began = Arc::clone(&begun);
        let slow = move || {
            began.notify_one();
            async {
                tokio::time::sleep(Duration::from_millis(800)).await;
                "slow answer"
            }
        };
        let router = Router::new()
            .route("/slow", get(slow))
            .route("/quick", get(async || "quick answer"));
        let router = layers(router, &settings);
        let token = shutdown.clone();
        let server = tokio::spawn(async move {
            serve(listener, ops_listener, router, Health::new(), token, &settings).await
        });

        assert!(
            get_text(ops, "/readyz")
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200")
        );
        assert!(
            get_text(ops, "/healthz")
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200")
        );
        let in_flight = tokio::spawn(get_text(address, "/slow"));
        begun.notified().await;
        shutdown.cancel();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(
            get_text(ops, "/readyz")
                .await
                .unwrap()
                .starts_with("HTTP/1.1 503")
        );
        assert!(
            get_text(address, "/quick")
                .await
                .unwrap()
                .contains("quick answer")
        );
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(
            get_text(address, "/quick").await.is_err(),
            "the listener is still open"
        );
        assert!(
            get_text(ops, "/healthz")
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200")
        );

        assert!(in_flight.await.unwrap().unwrap().contains("slow answer"));
        let waited = Instant::now();
        server.await.unwrap().unwrap();
        assert!(waited.elapsed() < Duration::from_secs(1));
    }
}
