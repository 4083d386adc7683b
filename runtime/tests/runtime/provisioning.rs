//! Provisioning changes what differs, reports it, and lowers nothing unasked.

use std::{env, net::TcpListener, process::Stdio};

use async_nats::jetstream::{self, stream};
use common::event::{STREAM, permissions::PROVISIONING, topology::STREAMS};
use runtime::bus::{Replicas, provision};
use serde_json::json;
use tempfile::TempDir;
use testkit::{NatsServer, eventually, eventually_ok};
use tokio::process::{Child, Command};

/// Three real servers that form a cluster, killed with the test.
struct Cluster {
    jetstream: jetstream::Context,
    _servers: Vec<Child>,
    _folder: TempDir,
}

impl Cluster {
    async fn start() -> Self {
        // Held together, so that they differ.
        let held: Vec<_> = (0..6)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let ports: Vec<u16> = held
            .iter()
            .map(|port| port.local_addr().unwrap().port())
            .collect();
        drop(held);
        let (clients, routes) = ports.split_at(3);
        let route = |port: &u16| format!("nats://127.0.0.1:{port}");
        let all = routes.iter().map(route).collect::<Vec<_>>().join(",");
        let folder = TempDir::new().unwrap();
        let start = |index: usize| {
            let name = format!("server-{index}");
            Command::new(env::var_os("INKSTREAM_NATS_SERVER").expect("INKSTREAM_NATS_SERVER"))
                .args([
                    "--jetstream",
                    "--addr",
                    "127.0.0.1",
                    "--cluster_name",
                    "cluster",
                    "--name",
                    &name,
                ])
                .args([
                    "--port",
                    &clients[index].to_string(),
                    "--cluster",
                    &route(&routes[index]),
                    "--routes",
                    &all,
                ])
                .arg("--store_dir")
                .arg(folder.path().join(&name))
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .unwrap()
        };
        let servers = (0..3).map(start).collect();
        let address = format!("nats://127.0.0.1:{}", clients[0]);
        let client = eventually("a server listens", async || {
            async_nats::connect(&address).await.ok()
        })
        .await;
        Self {
            jetstream: jetstream::new(client),
            _servers: servers,
            _folder: folder,
        }
    }

    async fn provision(&self, wanted: Option<usize>, may_lower: bool) {
        let replicas = Replicas { wanted, may_lower };
        eventually_ok("provisioning", async || {
            provision(&self.jetstream, replicas).await
        })
        .await;
    }

    /// The replicas of every stream, those of the buckets included, which are equal.
    async fn replicas(&self) -> usize {
        let mut replicas = Vec::new();
        for name in STREAMS
            .iter()
            .map(|stream| stream.name)
            .chain(["KV_auth-keys", "KV_blog-trials"])
        {
            replicas.push(
                self.jetstream
                    .get_stream(name)
                    .await
                    .unwrap()
                    .cached_info()
                    .config
                    .num_replicas,
            );
        }
        replicas.dedup();
        assert_eq!(replicas.len(), 1, "{replicas:?}");
        replicas[0]
    }
}

#[tokio::test]
async fn replicas_are_raised_and_lowered_only_when_asked() {
    let cluster = Cluster::start().await;
    cluster.provision(None, false).await;
    assert_eq!(cluster.replicas().await, 1);
    cluster.provision(Some(3), false).await;
    assert_eq!(cluster.replicas().await, 3);
    // A release or an operator without the setting, or with the one of a single server.
    for wanted in [None, Some(1)] {
        cluster.provision(wanted, false).await;
        assert_eq!(cluster.replicas().await, 3, "{wanted:?}");
    }
    cluster.provision(Some(1), true).await;
    assert_eq!(cluster.replicas().await, 1);
}

#[tokio::test]
async fn a_setting_that_differs_is_changed_and_reported() {
    let nats = NatsServer::start().await;
    let bus = nats.connect_as(PROVISIONING).await;
    let mut log = bus.jetstream().get_stream(STREAM).await.unwrap();
    let declared = log.info().await.unwrap().config.clone();
    let limited = stream::Config {
        max_messages: 10,
        ..declared.clone()
    };
    bus.jetstream().update_stream(&limited).await.unwrap();

    let drift = provision(bus.jetstream(), Replicas::default()).await.unwrap();
    let fields: Vec<_> = drift
        .iter()
        .map(|drift| (&*drift.stream, &*drift.field, &drift.from))
        .collect();
    assert_eq!(fields, [(STREAM, "max_msgs", &json!(10))]);
    assert_eq!(log.info().await.unwrap().config, declared);
    let drift = provision(bus.jetstream(), Replicas::default()).await.unwrap();
    assert!(drift.is_empty(), "{drift:?}");
}
