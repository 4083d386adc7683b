//! One child process: how to start it, how to tell that it is ready, how to end it.

use crate::{http, places::Places};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    ffi::OsString,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time,
};

/// How long a child may take to end after SIGTERM: the services' ten seconds and some air.
pub const GRACE: Duration = Duration::from_secs(12);
const PROBE_EVERY: Duration = Duration::from_millis(50);

/// What to run.
#[derive(Debug, Clone)]
pub struct Spec {
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub env: Vec<(String, OsString)>,
    pub ready: Ready,
}

/// What being ready means.
#[derive(Debug, Clone)]
pub enum Ready {
    /// It accepts connections.
    Listens(SocketAddr),
    /// It answers 200 to a GET of this path.
    Answers(SocketAddr, &'static str),
}

impl Ready {
    pub async fn wait(&self) {
        while !self.holds().await {
            time::sleep(PROBE_EVERY).await;
        }
    }

    async fn holds(&self) -> bool {
        match self {
            Self::Listens(address) => TcpStream::connect(address).await.is_ok(),
            Self::Answers(address, path) => http::is_ok(*address, path).await,
        }
    }
}

impl Spec {
    /// Starts it in a process group of its own, so that a Ctrl-C in the terminal reaches only us and the
    /// children end in the order we choose. Its output goes to the end of the log.
    pub fn start(&self, places: &Places, log: &Path) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(&places.xtask);
        command
            .arg("exec")
            .arg("--parent")
            .arg(std::process::id().to_string());
        command.arg("--").arg(&self.program).args(&self.args);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(&places.root).process_group(0);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))
    }
}

/// Asks a child to end, and ends it if it does not. False: it had to be killed.
pub async fn stop(child: &mut Child) -> bool {
    signal(child, Signal::TERM);
    if time::timeout(GRACE, child.wait()).await.is_ok() {
        return true;
    }
    kill(child).await;
    false
}

pub async fn kill(child: &mut Child) {
    signal(child, Signal::KILL);
    child.wait().await.ok();
}

fn signal(child: &Child, signal: Signal) {
    if let Some(group) = child.id().and_then(pid) {
        kill_process_group(group, signal).ok();
    }
}

/// A process id as the kernel's calls want it.
pub fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// "exit code 3" or "signal 9".
pub fn how_it_ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// The last lines of a log, indented, for an error message.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<_> = text.lines().collect();
    let last = all.iter().skip(all.len().saturating_sub(lines));
    last.map(|line| format!("    {line}\n")).collect()
}
