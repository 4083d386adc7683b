//! `up`, `status`, `down` as a developer uses them: the real program and the real gateway in a temporary checkout, with
//! small programs in place of the services, on external servers that nothing connects to.
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, outside the functions that clippy recognises as tests"
)]

use serde_json::Value;
use std::{
    collections::BTreeSet,
    env, fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

const PROGRAM: &str = include_str!("service.py");

/// Generous: only a failing test waits for it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A checkout with the files that `up` needs.
struct Checkout {
    root: PathBuf,
    port: u16,
    offset: u16,
}

impl Checkout {
    fn new(name: &str) -> Self {
        let (offset, port) = (free_offset(), free(0).unwrap());
        let root = env::temp_dir().join(format!("inkstream-platform-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("target/debug")).unwrap();
        fs::copy(workspace().join("ingress.yaml"), root.join("ingress.yaml")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_xtask"), root.join("target/debug/xtask")).unwrap();
        for service in services() {
            let program = root.join("target/debug").join(service);
            fs::write(&program, PROGRAM).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { root, port, offset }
    }

    fn xtask(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.root.join("target/debug/xtask"));
        command.args(args).current_dir(&self.root).stdin(Stdio::null());
        command
            .env("CARGO_MANIFEST_DIR", self.root.join("xtask"))
            .env("INKSTREAM_TOOLS", tools())
            .env_remove("INKSTREAM_DEV")
            .env("CARGO", "true");
        command
            .env("MONGODB_URI", "mongodb://elsewhere")
            .env("NATS_URL", "nats://elsewhere")
            .env_remove("BROKEN");
        command
    }

    fn up(&self, more: &[&str]) -> Command {
        let (port, offset) = (self.port.to_string(), self.offset.to_string());
        self.xtask(&[&["up", "--port", &port, "--port-offset", &offset], more].concat())
    }

    fn state(&self) -> Value {
        serde_json::from_slice(&fs::read(self.root.join(".dev/run/state.json")).unwrap()).unwrap()
    }

    fn child(&self, name: &str) -> Value {
        let state = self.state();
        state["children"]
            .as_array()
            .unwrap()
            .iter()
            .find(|child| child["name"] == name)
            .unwrap()
            .clone()
    }

    fn pids(&self) -> Vec<u64> {
        let state = self.state();
        state["children"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|child| child["pid"].as_u64())
            .collect()
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        write!(
            stream,
            // HTTP/1.0, whose responses are not chunked.
            "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        self.xtask(&["down"]).output().ok();
        fs::remove_dir_all(&self.root).ok();
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn tools() -> PathBuf {
    let folder = env::var_os("INKSTREAM_TOOLS").unwrap_or_else(|| ".dev/tools".into());
    workspace().join(folder)
}

/// The services that `ingress.yaml` routes to, which are all.
fn services() -> BTreeSet<String> {
    let ingress = fs::read_to_string(workspace().join("ingress.yaml")).unwrap();
    let objects: Vec<Value> = serde_saphyr::from_multiple(&ingress).unwrap();
    let rules = objects
        .iter()
        .flat_map(|object| object["spec"]["rules"].as_array().unwrap());
    let paths = rules.flat_map(|rule| rule["http"]["paths"].as_array().unwrap());
    paths
        .map(|path| path["backend"]["service"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn free(port: u16) -> Option<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    Some(listener.local_addr().ok()?.port())
}

/// An offset at which no port of a service is taken. Concurrent tests, of one process or of several, start the search at
/// different offsets, so that they do not find the same one.
fn free_offset() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = (std::process::id() % 450) as u16 + 60 * NEXT.fetch_add(1, Ordering::Relaxed);
    let mut offsets = (first..first + 450).map(|slot| 1000 + slot % 450 * 20);
    let is_free =
        |offset: &u16| (1..=10).all(|n| free(4000 + offset + n).and(free(9100 + offset + n)).is_some());
    offsets.find(is_free).unwrap()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn signal(signal: &str, pid: u64) {
    assert!(
        Command::new("sh")
            .args(["-c", &format!("kill -{signal} {pid}")])
            .status()
            .unwrap()
            .success()
    );
}

fn runs(pid: u64) -> bool {
    // A process that has exited but was not reaped yet is not alive.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

#[track_caller]
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < TIMEOUT, "not within {TIMEOUT:?}: {what}");
        #[allow(
            clippy::disallowed_methods,
            reason = "waiting for other processes, outside any runtime"
        )]
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_detached_platform_serves_restarts_what_exits_and_stops() {
    let checkout = Checkout::new("life");
    let up = checkout.up(&["--detach"]).output().unwrap();
    assert!(
        up.status.success() && text(&up).contains("ready: http://localhost:"),
        "{}",
        text(&up)
    );
    assert!(checkout.get("/api/posts/1").ends_with("posts"));
    assert!(checkout.get("/api/users/currentuser").ends_with("auth"));
    let status = checkout.xtask(&["status"]).output().unwrap();
    assert!(
        status.status.success() && text(&status).contains("comments"),
        "{}",
        text(&status)
    );

    let again = checkout.up(&[]).output().unwrap();
    assert!(
        !again.status.success() && text(&again).contains("already runs"),
        "{}",
        text(&again)
    );

    let posts = checkout.child("posts")["pid"].as_u64().unwrap();
    signal("KILL", posts);
    eventually("the exit is recorded", || {
        checkout.child("posts")["restarts"] == 1
    });
    eventually("posts is ready again", || {
        checkout.child("posts")["ready"] == true
    });
    assert!(checkout.get("/api/posts/1").ends_with("posts"));
    let logs = checkout.xtask(&["logs", "up"]).output().unwrap();
    assert!(text(&logs).contains("posts exited (signal 9)"), "{}", text(&logs));

    let gateway = checkout.child("gateway")["pid"].as_u64().unwrap();
    signal("KILL", gateway);
    eventually("the gateway is ready again", || {
        checkout.child("gateway")["restarts"] == 1 && checkout.child("gateway")["ready"] == true
    });
    assert!(checkout.get("/api/posts/1").ends_with("posts"));

    let stop = checkout.xtask(&["stop", "query"]).output().unwrap();
    assert!(stop.status.success(), "{}", text(&stop));
    assert!(checkout.get("/api/query/posts").starts_with("HTTP/1.1 502"));
    let status = checkout.xtask(&["status"]).output().unwrap();
    assert_eq!(status.status.code(), Some(1), "{}", text(&status));
    assert!(
        checkout
            .xtask(&["start", "query"])
            .output()
            .unwrap()
            .status
            .success()
    );
    assert!(checkout.get("/api/query/posts").ends_with("query"));

    let pids = checkout.pids();
    let down = checkout.xtask(&["down"]).output().unwrap();
    assert!(
        down.status.success() && text(&down).contains("stopped"),
        "{}",
        text(&down)
    );
    assert!(pids.iter().all(|pid| !runs(*pid)), "children outlive `down`");
    let log = fs::read_to_string(checkout.root.join(".dev/logs/auth.log")).unwrap();
    assert!(log.ends_with("drained\n"), "not ended by SIGTERM: {log}");
    assert_eq!(
        checkout.xtask(&["status"]).output().unwrap().status.code(),
        Some(3)
    );
}

#[test]
#[cfg(target_os = "linux")]
fn children_do_not_outlive_a_supervisor_that_is_killed() {
    let checkout = Checkout::new("orphans");
    assert!(checkout.up(&["--detach"]).output().unwrap().status.success());
    let pids = checkout.pids();
    assert!(pids.len() == services().len() + 1 && pids.iter().all(|pid| runs(*pid)));
    signal("KILL", checkout.state()["pid"].as_u64().unwrap());
    eventually("all children have ended", || pids.iter().all(|pid| !runs(*pid)));
    let up = checkout.up(&["--detach"]).output().unwrap();
    assert!(
        up.status.success(),
        "the leftovers prevent the next start: {}",
        text(&up)
    );
}

#[test]
fn an_interrupted_up_stops_its_children_and_succeeds() {
    let checkout = Checkout::new("foreground");
    let mut up = checkout.up(&[]).stdout(Stdio::null()).spawn().unwrap();
    let state = checkout.root.join(".dev/run/state.json");
    eventually("ready", || state.exists() && checkout.state()["phase"] == "ready");
    let pids = checkout.pids();
    signal("INT", u64::from(up.id()));
    assert!(up.wait().unwrap().success());
    assert!(pids.iter().all(|pid| !runs(*pid)));
    assert!(!state.exists());
}

#[test]
fn a_process_that_fails_to_start_ends_up_with_the_end_of_its_log() {
    let checkout = Checkout::new("broken");
    for (broken, words) in [
        ("query serve", "query exited while starting"),
        ("auth provision", "provisioning failed"),
    ] {
        let up = checkout.up(&["--detach"]).env("BROKEN", broken).output().unwrap();
        let output = text(&up);
        assert!(
            !up.status.success() && output.contains(words) && output.contains("broken on purpose"),
            "{output}"
        );
        assert_eq!(
            checkout.xtask(&["status"]).output().unwrap().status.code(),
            Some(3),
            "processes are left"
        );
    }
}

#[test]
fn a_taken_port_is_reported_before_anything_is_built() {
    let checkout = Checkout::new("port");
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, checkout.port)).unwrap();
    let up = checkout.up(&[]).env("CARGO", "false").output().unwrap();
    let output = text(&up);
    assert!(
        !up.status.success() && output.contains("which the gateway needs") && output.contains("--port"),
        "{output}"
    );
    assert!(!output.contains("building"), "{output}");
}

#[test]
fn an_up_that_still_builds_has_a_status_and_can_be_stopped() {
    let checkout = Checkout::new("building");
    let cargo = checkout.root.join("cargo");
    fs::write(&cargo, "#!/bin/sh\nexec sleep 600\n").unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let mut up = checkout
        .up(&[])
        .env("CARGO", &cargo)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let state = checkout.root.join(".dev/run/state.json");
    eventually("its state is written", || state.exists());
    let status = checkout.xtask(&["status"]).output().unwrap();
    assert!(
        status.status.code() == Some(1) && text(&status).contains("is starting"),
        "{}",
        text(&status)
    );
    let second = checkout.up(&[]).output().unwrap();
    assert!(text(&second).contains("already runs"), "{}", text(&second));
    assert!(checkout.xtask(&["down"]).output().unwrap().status.success());
    assert!(!up.wait().unwrap().success());
    assert_eq!(
        checkout.xtask(&["status"]).output().unwrap().status.code(),
        Some(3)
    );
}
