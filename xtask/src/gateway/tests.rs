//! The gateway before real connections: small services that answer with what they were sent.

use super::{proxy::Gateway, serve};
use crate::{ingress::Routes, ports::local};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time,
};

/// A gateway to one service, `posts`, behind `/api/posts`.
struct Trial {
    port: u16,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

async fn gateway(upstream: u16) -> Trial {
    let yaml = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: blog\n  annotations:\n    \
                nginx.ingress.kubernetes.io/proxy-body-size: 1k\n    nginx.ingress.kubernetes.io/proxy-read-timeout: '1'\n\
                spec:\n  ingressClassName: nginx\n  rules:\n    - http:\n        paths:\n          - \
                { path: /api/posts, pathType: Prefix, backend: { service: { name: posts, port: { name: http } } } }\n";
    let listener = TcpListener::bind(local(0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = Gateway::new(Routes::parse(yaml).unwrap(), move |_| Some(upstream));
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(serve((listener, None), Arc::new(gateway), async {
        drop(stopped.await)
    }));
    Trial { port, stop, served }
}

/// Serves connections one after the other with the given answer, and gives what each was sent.
async fn service(answer: &'static str) -> (u16, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind(local(0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = tokio::sync::mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut sent = vec![0; 4096];
            let length = stream.read(&mut sent).await.unwrap_or(0);
            tell.send(String::from_utf8_lossy(&sent[..length]).into_owned())
                .await
                .ok();
            stream.write_all(answer.as_bytes()).await.ok();
        }
    });
    (port, told)
}

async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(local(port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(answer).unwrap()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n{headers}\r\n")
}

const OK: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Own: yes\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\r\nok";

#[tokio::test]
async fn what_a_client_says_about_its_way_here_is_replaced() {
    let (upstream, mut told) = service(OK).await;
    let trial = gateway(upstream).await;
    let forged = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Prefix: /x\r\nForwarded: for=6.6.6.6\r\nX-Real-Ip: 6.6.6.6\r\n\
                  X-Request-Id: chosen\r\nCookie: session=abc\r\nTE: trailers\r\n";
    let answer = ask(trial.port, &get("/api/posts/%2e?x=1&y=%20", forged)).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"),
        "{answer}"
    );
    assert!(
        answer.to_lowercase().contains("x-own: yes") && !answer.to_lowercase().contains("x-hop"),
        "{answer}"
    );
    let sent = told.recv().await.unwrap().to_lowercase();
    assert!(
        sent.starts_with("get /api/posts/%2e?x=1&y=%20 http/1.1\r\n"),
        "{sent}"
    );
    assert!(
        sent.contains("host: localhost:8080") && sent.contains("cookie: session=abc"),
        "{sent}"
    );
    assert!(
        sent.contains("x-forwarded-for: 127.0.0.1") && sent.contains("x-forwarded-proto: http"),
        "{sent}"
    );
    assert!(sent.contains("x-forwarded-host: localhost:8080"), "{sent}");
    assert!(
        !sent.contains("6.6.6.6") && !sent.contains("chosen") && !sent.contains("te: "),
        "{sent}"
    );
    assert!(!sent.contains("x-forwarded-prefix"), "{sent}");
    let id = sent
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
}

#[tokio::test]
async fn a_service_that_is_down_is_named_in_a_problem() {
    let trial = gateway(crate::ports::any_free().unwrap()).await;
    let answer = ask(trial.port, &get("/api/posts", "")).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(
        answer.contains("application/problem+json") && answer.contains("posts does not run"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_service_that_is_silent_is_given_up_and_one_that_breaks_off_is_told_apart() {
    let (silent, _told) = service("").await;
    // The listener stays open and so does nothing else: `service` drops each stream after its answer.
    let answer = ask(gateway(silent).await.port, &get("/api/posts", "")).await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    let listener = TcpListener::bind(local(0)).await.unwrap();
    let mute = listener.local_addr().unwrap().port();
    let answer = ask(gateway(mute).await.port, &get("/api/posts", "")).await;
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
}

#[tokio::test]
async fn nobodys_paths_are_404() {
    let trial = gateway(1).await;
    assert!(
        ask(trial.port, &get("/nowhere", ""))
            .await
            .starts_with("HTTP/1.1 404")
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let (upstream, _told) = service(OK).await;
    let trial = gateway(upstream).await;
    let head = "POST /api/posts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let announced = ask(trial.port, &format!("{head}Content-Length: 1025\r\n\r\n")).await;
    assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");
    let listener = TcpListener::bind(local(0)).await.unwrap();
    let trial = gateway(listener.local_addr().unwrap().port()).await;
    let chunk = format!("800\r\n{}\r\n0\r\n\r\n", "x".repeat(2048));
    let chunked = ask(
        trial.port,
        &format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}"),
    )
    .await;
    assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
}

#[tokio::test]
async fn an_event_stream_comes_through_event_by_event_and_does_not_hold_up_the_end() {
    let listener = TcpListener::bind(local(0)).await.unwrap();
    let trial = gateway(listener.local_addr().unwrap().port()).await;
    let mut reader = TcpStream::connect(local(trial.port)).await.unwrap();
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
            let read = time::timeout(Duration::from_secs(1), reader.read(&mut buffer)).await;
            let length = read.expect("the event is held back").unwrap();
            seen += &String::from_utf8_lossy(&buffer[..length]);
        }
    }
    trial.stop.send(()).unwrap();
    time::timeout(Duration::from_secs(5), trial.served)
        .await
        .expect("the stream holds up the end")
        .unwrap();
}
