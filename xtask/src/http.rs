//! A small HTTP client for this machine: readiness probes and the demo's calls.

use anyhow::Context;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Request, StatusCode,
    body::Bytes,
    header::{HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time};

const PROBE: Duration = Duration::from_secs(1);
const LARGEST_ANSWER: usize = 4 << 20;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Sends one request over a connection of its own.
pub async fn send(to: SocketAddr, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
    let stream = TcpStream::connect(to)
        .await
        .with_context(|| format!("cannot reach {to}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    if !request.headers().contains_key(HOST) {
        request
            .headers_mut()
            .insert(HOST, HeaderValue::from_str(&format!("localhost:{}", to.port()))?);
    }
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await;
    let body = body
        .map_err(|error| anyhow::anyhow!(error))
        .context("the answer broke off")?
        .to_bytes();
    Ok(Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    })
}

/// Whether a GET is answered with 200 within a second.
pub async fn is_ok(at: SocketAddr, path: &str) -> bool {
    let Ok(request) = Request::get(path).body(Full::default()) else {
        return false;
    };
    matches!(time::timeout(PROBE, send(at, request)).await, Ok(Ok(answer)) if answer.status == StatusCode::OK)
}
