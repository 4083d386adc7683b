//! The development gateway: stands where ingress-nginx stands in the cluster, with the same routes.
//!
//! It exists so that one origin serves everything, as cookies and same-origin checks need it. It forwards
//! and nothing else: no rewriting, no caching, no authentication.

mod headers;
mod proxy;
mod reply;
#[cfg(test)]
mod tests;

use crate::{
    ingress::Routes,
    places::Places,
    ports::{GATEWAY, Ports},
    services::{self, Service},
    signals::Signals,
};
use anyhow::Context;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{
    fs,
    net::{Ipv6Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time,
};

const CONNECTIONS: usize = 1024;
const HEADER_BYTES: usize = 64 << 10;
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Streams have no end of their own, so waiting for them must have one.
const DRAIN: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = GATEWAY)]
    port: u16,
    #[arg(long, default_value_t = 0)]
    port_offset: u16,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let file = Places::find()?.root.join("ingress.yaml");
    let yaml = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let routes = Routes::parse(&yaml).with_context(|| format!("{} cannot be used", file.display()))?;
    let ports = Ports::new(Some(args.port), args.port_offset);
    for route in routes.iter() {
        services::by_name(&route.service)
            .with_context(|| format!("{} goes to no known service", route.path))?;
    }
    let upstream = move |name: &str| services::by_name(name).map(|service: &Service| ports.api(service));
    let mut signals = Signals::catch()?;
    let listeners = listeners(args.port).await?;
    println!("listening on http://localhost:{}", args.port);
    let gateway = proxy::Gateway::new(routes, upstream);
    serve(listeners, Arc::new(gateway), async { _ = signals.next().await }).await;
    Ok(ExitCode::SUCCESS)
}

/// `localhost` is either address, and a machine without IPv6 is no reason to fail.
async fn listeners(port: u16) -> anyhow::Result<(TcpListener, Option<TcpListener>)> {
    let four = TcpListener::bind(crate::ports::local(port)).await;
    let four = four.with_context(|| format!("cannot listen on port {port}"))?;
    Ok((four, TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok()))
}

async fn serve(
    (four, six): (TcpListener, Option<TcpListener>),
    gateway: Arc<proxy::Gateway>,
    stop: impl Future<Output = ()>,
) {
    let (graceful, places) = (GracefulShutdown::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    tokio::pin!(stop);
    loop {
        // A place first: whom we cannot serve waits in the kernel's queue.
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = four.accept() => accepted,
            accepted = accept(six.as_ref()) => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                eprintln!("cannot accept a connection: {error}");
                time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, peer, gateway.clone()));
        tokio::spawn(async move {
            // Clients go away in the middle; that is their right and no event.
            connection.await.ok();
            drop(place);
        });
    }
    drop((four, six));
    time::timeout(DRAIN, graceful.shutdown()).await.ok();
}

async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    gateway: Arc<proxy::Gateway>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    stream.set_nodelay(true).ok();
    let answer = service_fn(move |request| {
        let gateway = gateway.clone();
        async move { Ok::<_, std::convert::Infallible>(gateway.answer(peer, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), answer)
}
