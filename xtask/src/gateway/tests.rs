//! The generated configuration in a real nginx, in front of small servers that record what they receive.

use super::{Upstreams, configure, ingress};
use crate::{paths::Paths, ports, process::Ready, tools::NGINX};
use std::{env, path::PathBuf, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    sync::mpsc,
    time,
};

/// Generous: only a failing test waits for it.
const TIMEOUT: Duration = Duration::from_secs(60);
const INGRESS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: blog
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 300k
    nginx.ingress.kubernetes.io/proxy-read-timeout: '1'
spec:
  ingressClassName: nginx
  rules:
    - http:
        paths:
          - { path: /api/posts, pathType: Prefix, backend: { service: { name: posts, port: { name: http } } } }
          - { path: /api/posts/live, pathType: Exact, backend: { service: { name: live, port: { name: http } } } }
";

/// nginx in front of `posts` and `live`, killed with the test.
struct Gateway {
    port: u16,
    nginx: Child,
    _folder: TempDir,
}

impl Gateway {
    async fn start(posts: &[u16], live: u16) -> Self {
        let routes = ingress::parse(INGRESS).unwrap();
        let addresses = |ports: &[u16]| ports.iter().map(|port| ports::local(*port)).collect();
        let upstreams = [
            ("posts".to_owned(), addresses(posts)),
            ("live".to_owned(), addresses(&[live])),
        ];
        let upstreams = Upstreams::from(upstreams);
        let program = env::var_os("INKSTREAM_NGINX").map(PathBuf::from);
        let program = program.unwrap_or_else(|| NGINX.program(&Paths::find().unwrap()));
        // A port that was free may be taken before nginx has it.
        for _ in 0..10 {
            let (folder, port) = (tempfile::tempdir().unwrap(), ports::any_free().unwrap());
            let arguments = configure(folder.path(), port, &routes, &upstreams).unwrap();
            let mut nginx = Command::new(&program)
                .args(arguments)
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let ready = Ready::Listens(ports::local(port));
            tokio::select! {
                () = ready.wait() => {
                    return Self { port, nginx, _folder: folder };
                }
                _ = nginx.wait() => {}
            }
        }
        panic!("nginx does not start");
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(ports::local(self.port)).await.unwrap()
    }

    /// Sends a request and returns everything that comes back.
    async fn send(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        let read = time::timeout(TIMEOUT, stream.read_to_end(&mut response)).await;
        read.unwrap().unwrap();
        String::from_utf8(response).unwrap()
    }
}

/// Sends `response` on each connection after the first bytes of a request, closes it, and records those bytes.
async fn upstream(response: &'static str) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind(ports::local(0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            sender.send(request).await.ok();
            stream.write_all(response.as_bytes()).await.ok();
        }
    });
    (port, requests)
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n{headers}\r\n")
}

fn post(length: usize) -> String {
    let head = "POST /api/posts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    format!("{head}Content-Length: {length}\r\n\r\n{}", "x".repeat(length))
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Own: yes\r\nConnection: close\r\n\r\nok";

#[tokio::test]
async fn a_request_is_forwarded_as_it_is_with_the_address_of_its_connection() {
    let (port, mut requests) = upstream(OK).await;
    let gateway = Gateway::start(&[port], 1).await;
    let forged = "X-Forwarded-For: 6.6.6.6\r\nX-Real-Ip: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nProxy: evil\r\n\
                  X-Request-Id: chosen-1\r\nCookie: session=abc\r\n";
    let response = gateway.send(&get("/api/posts/%2e?x=1&y=%20", forged)).await;
    assert!(
        response.starts_with("HTTP/1.1 200") && response.ends_with("ok"),
        "{response}"
    );
    assert!(response.contains("X-Own: yes"), "{response}");
    let request = requests.recv().await.unwrap().to_lowercase();
    assert!(
        request.starts_with("get /api/posts/%2e?x=1&y=%20 http/1.1\r\n"),
        "{request}"
    );
    for line in [
        "host: localhost:8080",
        "cookie: session=abc",
        "x-request-id: chosen-1",
        "x-forwarded-for: 127.0.0.1",
        "x-real-ip: 127.0.0.1",
        "x-forwarded-proto: http",
        "x-forwarded-host: localhost:8080",
    ] {
        assert!(
            request.contains(&format!("\r\n{line}\r\n")),
            "{line} is not in {request}"
        );
    }
    assert!(
        !request.contains("evil") && !request.contains("\r\nconnection: close"),
        "{request}"
    );

    gateway
        .send(&get("/api/posts", "X-Request-Id: no \"good\" id\r\n"))
        .await;
    let request = requests.recv().await.unwrap().to_lowercase();
    let id = request
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
}

#[tokio::test]
async fn paths_are_matched_by_element_and_the_longest_wins() {
    let (posts, mut to_posts) = upstream(OK).await;
    let (live, mut to_live) = upstream(OK).await;
    let gateway = Gateway::start(&[posts], live).await;
    for path in [
        "/api/posts",
        "/api/posts/",
        "/api/posts/1/revisions",
        "/api/posts/live/x",
    ] {
        assert!(
            gateway.send(&get(path, "")).await.starts_with("HTTP/1.1 200"),
            "{path}"
        );
        assert!(
            to_posts
                .recv()
                .await
                .unwrap()
                .starts_with(&format!("GET {path} "))
        );
    }
    assert!(
        gateway
            .send(&get("/api/posts/live", ""))
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(to_live.recv().await.unwrap().starts_with("GET /api/posts/live "));
    for path in ["/", "/api", "/api/postscript"] {
        let response = gateway.send(&get(path, "")).await;
        assert!(
            response.starts_with("HTTP/1.1 404") && response.contains("problem+json"),
            "{path}: {response}"
        );
    }
}

#[tokio::test]
async fn a_failing_service_is_named_in_a_problem_document() {
    let stopped = ports::any_free().unwrap();
    let silent = TcpListener::bind(ports::local(0)).await.unwrap();
    let (closing, _requests) = upstream("").await;
    for (port, status, code) in [
        (stopped, 502, "bad_gateway"),
        (closing, 502, "bad_gateway"),
        (silent.local_addr().unwrap().port(), 504, "timeout"),
    ] {
        let gateway = Gateway::start(&[port], 1).await;
        let response = gateway.send(&get("/api/posts", "X-Request-Id: abc\r\n")).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{response}");
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains("application/problem+json") && head.contains("no-store"),
            "{head}"
        );
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&problem["status"], &problem["trace_id"]),
            (&status.into(), &"abc".into())
        );
        assert_eq!(problem["errors"][0]["code"], code);
        assert!(
            problem["detail"].as_str().unwrap().starts_with("posts "),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_its_length_is_announced_or_not() {
    let (port, _requests) = upstream(OK).await;
    let gateway = Gateway::start(&[port], 1).await;
    // Sent to the end, although it is refused after the headers.
    let announced = gateway.send(&post(2 << 20)).await;
    assert!(
        announced.starts_with("HTTP/1.1 413") && announced.contains("payload_too_large"),
        "{announced}"
    );
    let size = 400 << 10;
    let head =
        "POST /api/posts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = format!("{head}{size:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(size));
    let chunked = gateway.send(&chunked).await;
    assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
}

#[tokio::test]
async fn replicas_take_turns_and_one_that_is_down_is_skipped() {
    let (first, mut to_first) = upstream(OK).await;
    let (second, mut to_second) = upstream(OK).await;
    let gateway = Gateway::start(&[first, ports::any_free().unwrap(), second], 1).await;
    for _ in 0..6 {
        assert!(
            gateway
                .send(&get("/api/posts", ""))
                .await
                .starts_with("HTTP/1.1 200")
        );
    }
    let both = [&mut to_first, &mut to_second].map(|requests| requests.len());
    assert!(both[0] >= 2 && both[1] >= 2 && both[0] + both[1] == 6, "{both:?}");
}

#[tokio::test]
async fn connections_to_a_service_are_reused() {
    let listener = TcpListener::bind(ports::local(0)).await.unwrap();
    let gateway = Gateway::start(&[listener.local_addr().unwrap().port()], 1).await;
    let service = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..3 {
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            let response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            stream.write_all(response.as_bytes()).await.unwrap();
        }
    });
    for _ in 0..3 {
        assert!(gateway.send(&get("/api/posts", "")).await.ends_with("ok"));
    }
    service.await.unwrap();
}

#[tokio::test]
async fn events_of_a_stream_arrive_one_by_one_and_do_not_delay_the_end() {
    let listener = TcpListener::bind(ports::local(0)).await.unwrap();
    let mut gateway = Gateway::start(&[1], listener.local_addr().unwrap().port()).await;
    let mut reader = gateway.connect().await;
    reader
        .write_all(get("/api/posts/live", "").as_bytes())
        .await
        .unwrap();
    let (mut writer, _) = listener.accept().await.unwrap();
    writer
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        .await
        .unwrap();
    let mut seen = String::new();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        writer.write_all(event.as_bytes()).await.unwrap();
        while !seen.contains(event) {
            let mut buffer = [0; 1024];
            let read = time::timeout(TIMEOUT, reader.read(&mut buffer)).await;
            let length = read.expect("the event is held back").unwrap();
            assert!(length > 0, "the stream ended after {seen:?}");
            seen += &String::from_utf8_lossy(&buffer[..length]);
        }
    }
    let terminate = crate::process::pid(gateway.nginx.id().unwrap()).unwrap();
    rustix::process::kill_process(terminate, rustix::process::Signal::TERM).unwrap();
    let exit = time::timeout(TIMEOUT, gateway.nginx.wait()).await;
    exit.expect("the stream delays the end").unwrap();
}
