//! Generates load: connections that request one path repeatedly. The client is minimal, since it shares the machine with the
//! server.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

const CONNECTIONS: usize = 64;

/// A response body.
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
}

/// The result of a run.
pub(crate) struct Measured {
    /// Requests per second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Sends one request.
pub(crate) async fn once(address: &str, path: &str) -> anyhow::Result<Page> {
    let mut connection = Connection::open(address, path).await?;
    connection.request().await?;
    let body = connection.buffer[connection.body..connection.filled].to_vec();
    Ok(Page { body })
}

/// Waits until the server accepts connections.
pub(crate) async fn reachable(address: &str) -> anyhow::Result<()> {
    let connected = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), connected).await;
    waited.with_context(|| format!("no server on {address}"))
}

/// Requests `path` for `time` on all connections.
pub(crate) async fn run(address: &str, path: &str, time: Duration) -> anyhow::Result<Measured> {
    let mut connections = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address, path).await?;
        connections.spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < time {
                let started = Instant::now();
                connection.request().await?;
                times.push(started.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = connections.join_next().await {
        times.extend(done??);
    }
    let elapsed = began.elapsed();
    times.sort_unstable();
    ensure!(!times.is_empty(), "no response within {time:?}");
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Ok(Measured {
        rate: times.len() as f64 / elapsed.as_secs_f64(),
        p50: at(0.5),
        p99: at(0.99),
    })
}

/// A persistent connection, with the last response.
struct Connection {
    stream: TcpStream,
    request_bytes: Vec<u8>,
    buffer: Vec<u8>,
    filled: usize,
    body: usize,
}

impl Connection {
    async fn open(address: &str, path: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            request_bytes: format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\n\r\n")
                .into_bytes(),
            buffer: vec![0; 256 * 1024],
            filled: 0,
            body: 0,
        })
    }

    /// Sends a request and reads the whole response, which must be a success.
    async fn request(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.request_bytes).await?;
        self.filled = 0;
        let mut end = None;
        loop {
            let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
            ensure!(read > 0, "the connection or the buffer has ended");
            self.filled += read;
            if end.is_none() {
                end = self.head()?;
            }
            if end.is_some_and(|end| self.filled >= end) {
                return Ok(());
            }
        }
    }

    /// The end of the response, once its head is complete.
    fn head(&mut self) -> anyhow::Result<Option<usize>> {
        let seen = &self.buffer[..self.filled];
        let Some(at) = seen.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&seen[..at])?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim())
        });
        let length: usize = length.context("no Content-Length")?.parse()?;
        self.body = at + 4;
        Ok(Some(self.body + length))
    }
}
