//! One child process: its specification, start, readiness and end.

use crate::{exec, paths::Paths, signals::Signals};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{IsTerminal, stdin},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitCode, ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time,
};

/// How long a process may take to exit after SIGTERM: the services' ten seconds and a margin.
pub const GRACE_PERIOD: Duration = Duration::from_secs(12);
const PROBE_INTERVAL: Duration = Duration::from_millis(50);
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// A process to run.
#[derive(Debug, Clone)]
pub struct Spec {
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub env: Vec<(String, OsString)>,
    /// The port that `status` shows.
    pub port: u16,
    pub ready: Ready,
}

/// The condition for being ready.
#[derive(Debug, Clone)]
pub enum Ready {
    /// It accepts connections.
    Listens(SocketAddr),
    /// A GET of this URL returns 200.
    Responds(String),
}

impl Ready {
    pub async fn wait(&self) {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(PROBE_TIMEOUT)
            .build()
            .unwrap_or_default();
        loop {
            let ready = match self {
                Self::Listens(address) => TcpStream::connect(address).await.is_ok(),
                Self::Responds(url) => {
                    let response = client.get(url).send().await;
                    response.is_ok_and(|response| response.status() == 200)
                }
            };
            if ready {
                return;
            }
            time::sleep(PROBE_INTERVAL).await;
        }
    }
}

impl Spec {
    /// Starts it in its own process group, so that a Ctrl-C in the terminal reaches only this process and the
    /// children are ended in the right order. Its output is appended to the log.
    pub fn start(&self, paths: &Paths) -> anyhow::Result<Child> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(paths.log(&self.name))?;
        exec::command(paths, &self.program)
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&paths.root)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))
    }
}

/// Terminates a process, and kills it if it does not exit in time.
pub async fn stop(child: &mut Child) {
    signal(child, Signal::TERM);
    if time::timeout(GRACE_PERIOD, child.wait()).await.is_err() {
        kill(child).await;
    }
}

pub async fn kill(child: &mut Child) {
    signal(child, Signal::KILL);
    child.wait().await.ok();
}

/// Runs a command that prints to the terminal, and passes on signals. On a terminal it is in the foreground, where a
/// Ctrl-C reaches it directly and a second one would have another meaning; otherwise it has its own process group.
pub async fn run_in_foreground(mut command: Command, signals: &mut Signals) -> anyhow::Result<ExitStatus> {
    let terminal = stdin().is_terminal();
    if !terminal {
        command.process_group(0);
    }
    let mut child = command.spawn().context("cannot start the command")?;
    loop {
        let code = tokio::select! {
            status = child.wait() => return Ok(status?),
            code = signals.next() => code,
        };
        match (terminal, code) {
            (true, 130) => {}
            (true, _) => {
                if let Some(pid) = child.id().and_then(pid) {
                    kill_process(pid, Signal::TERM).ok();
                }
            }
            // To the group: `cargo test` exits at a signal without its tests.
            (false, 130) => signal(&child, Signal::INT),
            (false, _) => signal(&child, Signal::TERM),
        }
    }
}

pub fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal).and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Sends a signal to the process group of a child.
pub fn signal(child: &Child, signal: Signal) {
    if let Some(group) = child.id().and_then(pid) {
        kill_process_group(group, signal).ok();
    }
}

/// A process id in the type of the system calls.
pub fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Whether the process with this id runs this program. Ids are reused, so the id alone proves nothing; and a
/// process that has exited but was not reaped yet has no command line.
pub fn runs(id: Pid, program: &Path) -> bool {
    let id = id.as_raw_nonzero();
    let line = if cfg!(target_os = "linux") {
        fs::read(format!("/proc/{id}/cmdline")).ok()
    } else {
        let mut ps = std::process::Command::new("ps");
        let output = ps.args(["-o", "command=", "-p", &id.to_string()]).output();
        output.ok().map(|output| output.stdout)
    };
    String::from_utf8_lossy(&line.unwrap_or_default()).contains(&*program.to_string_lossy())
}

/// "exit code 3" or "signal 9".
pub fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// The last lines of a log, indented, and its path: for an error message.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<_> = text.lines().collect();
    let last = all.iter().skip(all.len().saturating_sub(lines));
    let last: String = last.map(|line| format!("    {line}\n")).collect();
    format!("{last}  ({})", log.display())
}
