//! One listener: accepts connections up to a limit and serves HTTP/1 and HTTP/2 on each of them.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, response::Response};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::activity::{Activity, TrackedBody, TrackedStream, Verdict};
use crate::config::ConnectionLimits;

/// The pause after an error such as too many open files, which the next attempt would meet again.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// The interval of HTTP/2 pings, which detect clients that vanished.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Serves `router` until `stop`, and then until every request in flight has its response.
///
/// `name` is the value of the label `listener` in metrics. Beyond the maximum number of connections, new ones wait in
/// the backlog of the operating system.
pub(super) async fn serve_listener(
    name: &'static str,
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    // Dropped with this future: connections that outlast the drain limit are aborted.
    let mut connections = JoinSet::new();
    let open = metrics::gauge!("http_connections", "listener" => name);
    let accept_all = async {
        loop {
            if slots.available_permits() == 0 {
                metrics::counter!("http_connection_limit_reached_total", "listener" => name).increment(1);
                tracing::warn!(
                    listener = name,
                    limit = limits.max_connections,
                    "connection limit reached"
                );
            }
            // The semaphore is never closed.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                return;
            };
            let (stream, peer) = accept(&listener).await;
            while connections.try_join_next().is_some() {}
            let (router, stop, open) = (router.clone(), stop.clone(), open.clone());
            connections.spawn(async move {
                open.increment(1.0);
                serve_connection(name, stream, peer, router, limits, stop).await;
                open.decrement(1.0);
                drop(slot);
            });
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accept_all => {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client was faster than we.
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn serve_connection(
    name: &'static str,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
    let activity = Activity::new(limits);
    let stream = TokioIo::new(TrackedStream::new(stream, activity.clone()));
    let requests = activity.clone();
    let service = service_fn(move |request| respond(router.clone(), peer, requests.clone(), request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // See `activity` for the timeouts of HTTP/1.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL);
    let connection = builder.serve_connection(stream, service);
    tokio::pin!(connection);

    let mut stopping = false;
    let check = sleep(Duration::ZERO);
    tokio::pin!(check);
    loop {
        tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(error, %peer, "connection failed");
                }
                return;
            }
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = &mut check => match activity.check() {
                Verdict::KeepUntil(time) => check.as_mut().reset(time),
                Verdict::Close(timeout) => {
                    metrics::counter!("http_connection_timeouts_total", "listener" => name, "timeout" => timeout)
                        .increment(1);
                    return;
                }
            },
        }
    }
}

async fn respond(
    mut router: Router,
    peer: SocketAddr,
    activity: Activity,
    mut request: Request<Incoming>,
) -> Result<Response<TrackedBody>, Infallible> {
    let in_flight = activity.begin(request.version());
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.call(request).await?;
    Ok(in_flight.until_sent(response))
}
