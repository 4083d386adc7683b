//! Services behind the development gateway: nginx, configured from `ingress.yaml`.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use testkit::{Client, eventually, free_port};
use tests::Stack;

/// nginx in front of a stack, killed with the test.
struct Gateway {
    nginx: Child,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Gateway {
    async fn start(stack: &Stack) -> Self {
        let programs = std::env::var_os("INKSTREAM_BIN_DIR").expect("run the tests with `cargo xtask test`");
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut command = Command::new(PathBuf::from(programs).join("xtask"));
        command
            .args(["gateway", "--port", &port.to_string(), "--folder"])
            .arg(folder.path());
        for (service, url) in [("auth", stack.auth.url()), ("posts", stack.posts.url())] {
            let address = url.trim_start_matches("http://");
            command.args(["--upstream", &format!("{service}={address}")]);
        }
        let nginx = command.stdout(Stdio::null()).spawn().unwrap();
        let client = Client::new(format!("http://127.0.0.1:{port}"));
        eventually("the gateway listens", async || {
            client.get("/").try_send().await.ok()
        })
        .await;
        Self {
            nginx,
            client,
            _folder: folder,
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.nginx.kill().ok();
        self.nginx.wait().ok();
    }
}

/// A service responds to a request that it refuses before it has read the body. The client gets that response, and
/// not a 502 of the gateway about the rest of the body.
#[tokio::test(flavor = "multi_thread")]
async fn the_refusal_of_a_large_request_passes_the_gateway() {
    let stack = Stack::start().await;
    let gateway = Gateway::start(&stack).await;
    let body = format!(r#"{{"title": "{}"}}"#, "x".repeat(200 << 10));
    for round in 0..20 {
        for (path, expected) in [("/api/posts", [401, 401]), ("/api/users/signup", [413, 422])] {
            let response = gateway.client.post(path).raw_json(body.clone()).send().await;
            let status = response.status;
            assert!(
                expected.contains(&status),
                "round {round}: {path} returned {status}: {}",
                response.text()
            );
        }
    }
    stack.finish().await;
}
