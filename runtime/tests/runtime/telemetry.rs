//! A process whose standard output is not read.

use std::{path::Path, process::Stdio};

use axum::{Router, routing::get};
use runtime::{
    config::PlatformSettings,
    http::{Health, ops_router},
    telemetry::{self, metrics_handle},
};
use testkit::{Client, TIMEOUT, eventually};
use tokio::net::TcpListener;

use crate::child;

const ADDRESS_FILE: &str = "INKSTREAM_TEST_ADDRESS_FILE";
const REQUESTS: usize = 200;
const LINES: usize = 100;

#[tokio::test]
#[ignore = "runs in a process of its own, which another test starts"]
async fn a_server_that_logs_much() {
    let Ok(address_file) = std::env::var(ADDRESS_FILE) else {
        return;
    };
    let settings = PlatformSettings::local("posts", "mongodb://localhost", "nats://localhost");
    let _telemetry = telemetry::init("posts", &settings);
    let handler = get(async || {
        for line in 0..LINES {
            tracing::info!(line, filler = "x".repeat(1000), "a long line");
        }
        "handled"
    });
    let router = Router::new()
        .route("/", handler)
        .merge(ops_router(Health::new(), metrics_handle()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let written = Path::new(&address_file).with_extension("new");
    std::fs::write(&written, address).unwrap();
    std::fs::rename(&written, &address_file).unwrap();
    axum::serve(listener, router).await.unwrap();
}

#[tokio::test]
async fn a_stalled_standard_output_does_not_delay_requests() {
    let folder = tempfile::tempdir().unwrap();
    let address_file = folder.path().join("address");
    let mut server = child::command("telemetry::a_server_that_logs_much")
        .env(ADDRESS_FILE, &address_file)
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Open, and never read.
    let _stalled = server.stdout.take().unwrap();
    let address = eventually("the server listens", async || {
        std::fs::read_to_string(&address_file).ok()
    })
    .await;
    let client = Client::new(format!("http://{address}"));

    // 20 MB of log lines, far more than a pipe and the queue hold.
    for request in 0..REQUESTS {
        let response = tokio::time::timeout(TIMEOUT, client.get("/").send()).await;
        let response = response.unwrap_or_else(|_| panic!("request {request} has no response"));
        assert_eq!((response.status, response.text().as_str()), (200, "handled"));
    }

    let metrics = client.get("/metrics").send().await.text();
    let dropped = metrics
        .lines()
        .find_map(|line| line.strip_prefix("log_lines_dropped_total "))
        .unwrap_or_else(|| panic!("no metric in {metrics}"));
    let dropped: usize = dropped.parse().unwrap();
    assert!(dropped > 0 && dropped < REQUESTS * LINES, "{dropped}");
}
