//! A service as a process, for tests of signals, kills and exit codes.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;
use testkit::{Client, NatsServer, TestDatabase, eventually, eventually_ok, free_port};

/// The settings of a process. Its ports are the same after a restart.
#[derive(Debug)]
pub struct ProcessSettings {
    service: &'static str,
    port: u16,
    ops_port: u16,
    environment: Vec<(&'static str, String)>,
    folder: TempDir,
}

impl ProcessSettings {
    /// The settings for the binary of `service` on these servers.
    pub fn new(service: &'static str, nats: &NatsServer, database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let (port, ops_port) = (free_port(), free_port());
        // The account of the service, with the same permissions as in production.
        let seed = folder.path().join("nkey");
        let secret = nats
            .seed(service)
            .unwrap_or_else(|| panic!("{service} has no account"));
        std::fs::write(&seed, secret.expose()).unwrap_or_else(|error| panic!("no seed: {error}"));
        let environment = vec![
            ("LISTEN_ADDR", format!("127.0.0.1:{port}")),
            ("OPS_LISTEN_ADDR", format!("127.0.0.1:{ops_port}")),
            ("MONGODB_URI", database.uri().to_owned()),
            ("MONGODB_DATABASE", database.name().to_owned()),
            ("NATS_URL", nats.url()),
            ("NATS_NKEY_SEED_FILE", seed.display().to_string()),
            ("STATE_DIR", folder.path().display().to_string()),
            ("RATE_LIMIT_PER_SECOND", "0".to_owned()),
        ];
        Self {
            service,
            port,
            ops_port,
            environment,
            folder,
        }
    }

    /// Adds a setting.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Starts the process and waits until `/healthz` responds.
    pub async fn start(&self) -> Process {
        let child = self
            .command()
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.service));
        let process = Process {
            child,
            log: self.log(),
            port: self.port,
            ops_port: self.ops_port,
        };
        let ops = process.ops();
        eventually_ok(self.service, async || ops.get("/healthz").try_send().await).await;
        process
    }

    /// Runs a command of the service. Returns the exit code and the output.
    pub fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self
            .command()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", self.service));
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    }

    fn command(&self) -> Command {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.unwrap_or_else(|error| panic!("no log: {error}"));
        let mut command = Command::new(program(self.service));
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(log);
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// A running process, which is killed when the test ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    port: u16,
    ops_port: u16,
}

impl Process {
    /// A client of the API.
    pub fn client(&self) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.port))
    }

    /// The address of the API.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A client of the health and metrics endpoints.
    pub fn ops(&self) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.ops_port))
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the process is ready.
    pub async fn ready(&self) {
        let ops = self.ops();
        eventually("the process is ready", async || {
            let response = ops.get("/readyz").try_send().await.ok()?;
            (response.status == 200).then_some(())
        })
        .await;
    }

    /// The log.
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// Sends SIGKILL.
    pub fn kill(mut self) {
        // `drop` would also kill it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "kill -TERM failed");
    }

    /// Waits until the process ends.
    pub async fn ended(mut self) -> ExitStatus {
        eventually("the process ends", async || self.child.try_wait().ok().flatten()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(service: &str) -> PathBuf {
    let folder = std::env::var_os("INKSTREAM_BIN_DIR")
        .unwrap_or_else(|| panic!("INKSTREAM_BIN_DIR is not set; run the tests with `cargo xtask test`"));
    Path::new(&folder).join(service)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
