use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{body::Body, http::Request, routing::get};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::{Instant, timeout},
};
use validator::Validate;

use super::*;
use crate::{
    config::ConnectionLimits,
    http::{Json, layers},
};

/// Far longer than anything takes; a test that needs it has failed.
const GENEROUS: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(60);

/// Limits that no test reaches, unless it sets them.
fn limits() -> ConnectionLimits {
    ConnectionLimits {
        header_timeout: LONG,
        body_timeout: LONG,
        idle_timeout: LONG,
        max_connections: 1000,
    }
}

struct Server {
    api: SocketAddr,
    ops: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    async fn start(router: Router, connections: ConnectionLimits, drain_delay: Duration) -> Self {
        let settings = PlatformSettings {
            drain_delay,
            connections,
            ..PlatformSettings::local("test", "mongodb://localhost", "nats://localhost")
        };
        let listener = TcpListener::bind(settings.listen_addr).await.unwrap();
        let ops_listener = TcpListener::bind(settings.ops_listen_addr).await.unwrap();
        let (api, ops) = (listener.local_addr().unwrap(), ops_listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let router = layers(router, &settings);
        let task = tokio::spawn(async move {
            serve(listener, ops_listener, router, Health::new(), token, &settings).await
        });
        Self {
            api,
            ops,
            shutdown,
            task,
        }
    }

    async fn with(connections: ConnectionLimits) -> Self {
        #[derive(Debug, serde::Deserialize, Validate)]
        struct Input {}
        let router = Router::new()
            .route("/", get(async || "hello").post(async || "refused"))
            .route(
                "/json",
                axum::routing::post(async |Json(Input {}): Json<Input>| "parsed"),
            );
        Self::start(router, connections, Duration::ZERO).await
    }
}

/// A connection that keeps alive.
struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
    }

    /// Reads up to `end`, the last characters of the expected response.
    async fn read_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        let read = async {
            while !text.ends_with(end) {
                let mut buffer = [0; 1024];
                let length = self.0.read(&mut buffer).await.unwrap();
                assert!(length > 0, "closed after {text:?}");
                text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
            }
        };
        timeout(GENEROUS, read).await.expect("a response in time");
        text
    }

    /// Waits until the server closes the connection; returns what it sent before.
    async fn closed(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(GENEROUS, self.0.read_to_end(&mut bytes)).await;
        // A reset is an end, too.
        let _ = read.expect("the connection is closed in time");
        String::from_utf8(bytes).unwrap()
    }
}

async fn get_text(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

#[tokio::test]
async fn a_response_before_the_end_of_the_body_leaves_the_connection_open() {
    let server = Server::with(limits()).await;
    let mut client = Client::connect(server.api).await;
    for _ in 0..3 {
        let length = 200 << 10;
        let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
        client.send(&(head + &"x".repeat(length))).await;
        client.read_until("refused").await;
    }
    client.get("/").await;
    client.read_until("hello").await;
}

#[tokio::test]
async fn silent_connections_are_closed_on_both_ports() {
    let short = ConnectionLimits {
        header_timeout: Duration::from_millis(100),
        ..limits()
    };
    let server = Server::with(short).await;
    let mut clients = Vec::new();
    for address in [server.api, server.ops] {
        for _ in 0..200 {
            clients.push(Client::connect(address).await);
        }
    }
    for client in &mut clients {
        assert_eq!(client.closed().await, "");
    }
    assert!(get_text(server.api, "/").await.unwrap().ends_with("hello"));
}

#[tokio::test]
async fn incomplete_headers_are_not_waited_for() {
    let short = ConnectionLimits {
        header_timeout: Duration::from_millis(200),
        ..limits()
    };
    let server = Server::with(short).await;
    let mut first = Client::connect(server.api).await;
    first.send("GET / HTTP/1.1\r\nHost: local").await;
    assert_eq!(first.closed().await, "");

    // The same for a later request of a connection, which may be idle for longer.
    let mut second = Client::connect(server.api).await;
    second.get("/").await;
    second.read_until("hello").await;
    second.send("GET / HTTP/1.1\r\n").await;
    assert_eq!(second.closed().await, "");
}

#[tokio::test]
async fn an_idle_connection_outlives_the_header_timeout_and_is_closed_after_its_own() {
    let header_timeout = Duration::from_millis(100);
    let short = ConnectionLimits {
        header_timeout,
        idle_timeout: Duration::from_secs(2),
        ..limits()
    };
    let server = Server::with(short).await;
    let mut idle = Client::connect(server.api).await;
    idle.get("/").await;
    idle.read_until("hello").await;
    Client::connect(server.api).await.closed().await;
    idle.get("/").await;
    idle.read_until("hello").await;
    let since = Instant::now();
    assert_eq!(idle.closed().await, "");
    assert!(since.elapsed() > header_timeout);
}

#[tokio::test]
async fn a_stalled_body_is_a_408() {
    let short = ConnectionLimits {
        body_timeout: Duration::from_millis(100),
        ..limits()
    };
    let server = Server::with(short).await;
    let mut client = Client::connect(server.api).await;
    let headers = "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    client
        .send(&format!("{headers}Content-Length: 100\r\n\r\n{{"))
        .await;
    let response = client.closed().await;
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    let body: Value = serde_json::from_str(response.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["errors"][0]["code"], "request_timeout");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let served = Arc::new(Notify::new());
    let done = Arc::clone(&served);
    let endless = move || {
        let done = Arc::clone(&done);
        async move {
            let chunk = bytes::Bytes::from(vec![b'x'; 1 << 20]);
            let notify = scopeguard(done);
            Body::from_stream(futures::stream::repeat_with(move || {
                let _ = &notify;
                Ok::<_, io::Error>(chunk.clone())
            }))
        }
    };
    let short = ConnectionLimits {
        idle_timeout: Duration::from_millis(300),
        ..limits()
    };
    let server = Server::start(Router::new().route("/", get(endless)), short, Duration::ZERO).await;
    let mut client = Client::connect(server.api).await;
    client.get("/").await;
    timeout(GENEROUS, served.notified())
        .await
        .expect("the response is dropped in time");
}

/// Notifies when it is dropped.
fn scopeguard(notify: Arc<Notify>) -> impl Drop {
    struct OnDrop(Arc<Notify>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    OnDrop(notify)
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_slot() {
    let third_served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&third_served);
    let third = move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { "third" }
    };
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/third", get(third));
    let server = Server::start(
        router,
        ConnectionLimits {
            max_connections: 2,
            ..limits()
        },
        Duration::ZERO,
    )
    .await;
    let mut open = [
        Client::connect(server.api).await,
        Client::connect(server.api).await,
    ];
    for client in &mut open {
        client.get("/").await;
        client.read_until("hello").await;
    }
    let mut waiting = Client::connect(server.api).await;
    waiting.get("/third").await;
    for _ in 0..50 {
        for client in &mut open {
            client.get("/").await;
            client.read_until("hello").await;
        }
    }
    assert_eq!(third_served.load(Ordering::SeqCst), 0);
    // The other port has slots of its own.
    assert!(
        get_text(server.ops, "/healthz")
            .await
            .unwrap()
            .starts_with("HTTP/1.1 200")
    );
    drop(open);
    waiting.read_until("third").await;
}

#[tokio::test]
async fn http2_without_tls_is_served() {
    let server = Server::with(limits()).await;
    let stream = TokioIo::new(TcpStream::connect(server.api).await.unwrap());
    let (mut client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let uri = format!("http://{}/", server.api);
    let response = client
        .send_request(Request::get(&uri).body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, axum::http::Version::HTTP_2)
    );
    let body = axum::body::to_bytes(Body::new(response.into_body()), 100)
        .await
        .unwrap();
    assert_eq!(body, "hello");
    server.shutdown.cancel();
    server.task.await.unwrap().unwrap();
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn requests_in_flight_finish_and_readiness_goes_first() {
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
        move || {
            let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
            async move {
                begun.notify_one();
                release.notified().await;
                "slow response"
            }
        }
    };
    let router = Router::new()
        .route("/slow", get(slow))
        .route("/quick", get(async || "quick response"));
    let server = Server::start(router, limits(), Duration::from_secs(1)).await;
    for path in ["/readyz", "/healthz"] {
        assert!(
            get_text(server.ops, path)
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200")
        );
    }
    let mut idle = Client::connect(server.api).await;
    idle.get("/quick").await;
    idle.read_until("quick response").await;
    let in_flight = tokio::spawn(get_text(server.api, "/slow"));
    begun.notified().await;

    server.shutdown.cancel();
    while !get_text(server.ops, "/readyz")
        .await
        .unwrap()
        .starts_with("HTTP/1.1 503")
    {}
    // During the drain delay the listener still accepts.
    assert!(
        get_text(server.api, "/quick")
            .await
            .unwrap()
            .contains("quick response")
    );
    // Then it closes, and with it the idle connection.
    assert_eq!(idle.closed().await, "");
    while get_text(server.api, "/quick").await.is_ok() {}
    assert!(
        get_text(server.ops, "/healthz")
            .await
            .unwrap()
            .starts_with("HTTP/1.1 200")
    );

    release.notify_one();
    assert!(in_flight.await.unwrap().unwrap().contains("slow response"));
    server.task.await.unwrap().unwrap();
}
