//! The state file of a running platform, for `status`, `down` and a second `up`; and the lock of its supervisor.
//!
//! The lock belongs to the running supervisor and is released when that exits, however it ends. Commands that
//! only look read the state file and check the recorded process: taking the lock to see whether it is free could
//! make an `up` fail that starts at the same moment.

use crate::{
    paths::{Paths, private_folder},
    ports::Ports,
    process,
};
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, TryLockError},
    path::PathBuf,
    time::Duration,
};
use tokio::time::{self, Instant};

const EXIT_POLL_INTERVAL: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The supervisor and its program.
    pub pid: u32,
    pub program: PathBuf,
    pub url: String,
    /// Ports and build profile, for commands that join the platform later.
    pub gateway_port: u16,
    pub port_offset: u16,
    pub release: bool,
    pub phase: Phase,
    pub children: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Starting,
    Ready,
    Stopping,
}

/// One child process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    pub program: PathBuf,
    pub port: u16,
    /// `None` while it does not run.
    pub pid: Option<u32>,
    pub ready: bool,
    pub restarts: u32,
    /// How it ended the last time, unless it was stopped on request.
    pub failure: Option<String>,
}

impl State {
    /// The state of a platform that this process starts.
    pub fn starting(paths: &Paths, ports: Ports, release: bool) -> Self {
        Self {
            pid: std::process::id(),
            program: paths.xtask.clone(),
            url: ports.url(),
            gateway_port: ports.gateway,
            port_offset: ports.offset,
            release,
            phase: Phase::Starting,
            children: Vec::new(),
        }
    }

    pub fn child(&self, name: &str) -> anyhow::Result<&Entry> {
        let found = self.children.iter().find(|entry| entry.name == name);
        found.with_context(|| {
            let names: Vec<_> = self.children.iter().map(|entry| entry.name.as_str()).collect();
            format!("there is no process {name:?}; there are: {}", names.join(", "))
        })
    }

    fn supervisor(&self) -> Option<Pid> {
        // Not the whole path: cargo starts it by a relative one.
        let name = self.program.file_name()?;
        process::pid(self.pid).filter(|pid| process::runs(*pid, name.as_ref()))
    }
}

fn path(paths: &Paths) -> PathBuf {
    paths.run().join("state.json")
}

/// The last written state, whether or not that platform still runs.
pub fn read(paths: &Paths) -> Option<State> {
    serde_json::from_slice(&fs::read(path(paths)).ok()?).ok()
}

/// The state of the running platform and the process id of its supervisor.
pub fn running(paths: &Paths) -> Option<(State, Pid)> {
    let state = read(paths)?;
    let supervisor = state.supervisor()?;
    Some((state, supervisor))
}

/// The state of the running platform, or an error if none runs.
pub fn expect_running(paths: &Paths) -> anyhow::Result<State> {
    match running(paths) {
        Some((state, _)) => Ok(state),
        None => bail!("Inkstream does not run from this checkout; `cargo xtask up` starts it"),
    }
}

/// The right to run the platform of a checkout, which one supervisor can have. The state file goes with it.
#[derive(Debug)]
pub struct Lock {
    paths: Paths,
    _file: File,
}

/// `None`: another supervisor has it.
pub fn lock(paths: &Paths) -> anyhow::Result<Option<Lock>> {
    private_folder(&paths.run())?;
    let path = paths.run().join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock {
            paths: paths.clone(),
            _file: file,
        })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock the state of the platform"),
    }
}

impl Lock {
    pub fn write(&self, state: &State) -> anyhow::Result<()> {
        write(&self.paths, state)
    }

    /// Ends the children of a supervisor that was killed. Needed only where the kernel does not do it (see
    /// [`crate::exec`]) or where a child ignored it. Returns their names.
    pub async fn end_leftovers(&self) -> Vec<String> {
        let children = read(&self.paths).map(|old| old.children).unwrap_or_default();
        let running =
            |entry: &Entry| process::pid(entry.pid?).filter(|pid| process::runs(*pid, &entry.program));
        let left: Vec<_> = children
            .iter()
            .filter_map(|entry| Some((entry, running(entry)?)))
            .collect();
        for (_, pid) in &left {
            kill_process_group(*pid, Signal::TERM).ok();
        }
        let deadline = Instant::now() + process::GRACE_PERIOD;
        while left.iter().any(|(entry, _)| running(entry).is_some()) {
            if Instant::now() > deadline {
                for (_, pid) in &left {
                    kill_process_group(*pid, Signal::KILL).ok();
                }
                break;
            }
            time::sleep(EXIT_POLL_INTERVAL).await;
        }
        left.iter().map(|(entry, _)| entry.name.clone()).collect()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        fs::remove_file(path(&self.paths)).ok();
    }
}

/// Replaces the state file as a whole, so that readers never see half of it.
pub fn write(paths: &Paths, state: &State) -> anyhow::Result<()> {
    let (path, new) = (path(paths), paths.run().join("state.new"));
    fs::write(&new, serde_json::to_vec_pretty(state)?)?;
    fs::rename(new, &path).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::scratch;
    use std::{
        os::unix::process::CommandExt,
        process::{Child, Command},
        sync::atomic::{AtomicBool, Ordering},
        thread,
    };

    fn state(pid: u32) -> State {
        let (_, mut paths) = scratch();
        paths.xtask = std::env::current_exe().unwrap();
        let ports = Ports::new(None, 0);
        State {
            pid,
            ..State::starting(&paths, ports, false)
        }
    }

    #[test]
    fn only_one_process_gets_the_lock() {
        let (_folder, paths) = scratch();
        let held = lock(&paths).unwrap();
        assert!(held.is_some());
        assert!(lock(&paths).unwrap().is_none());
        drop(held);
        assert!(lock(&paths).unwrap().is_some());
    }

    #[test]
    fn a_state_counts_only_while_its_supervisor_runs_and_goes_with_the_lock() {
        let (_folder, paths) = scratch();
        let held = lock(&paths).unwrap().unwrap();
        assert_eq!(running(&paths), None);
        held.write(&state(std::process::id())).unwrap();
        assert!(running(&paths).is_some());
        let mut ended = Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        held.write(&state(ended.id())).unwrap();
        assert_eq!(running(&paths), None);
        drop(held);
        assert_eq!(read(&paths), None);
    }

    #[test]
    fn looking_whether_a_platform_runs_never_takes_the_lock_from_one_that_starts() {
        let (_folder, paths) = scratch();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    expect_running(&paths).ok();
                }
            });
            let taken = (0..5_000).filter(|_| lock(&paths).unwrap().is_some()).count();
            done.store(true, Ordering::Relaxed);
            assert_eq!(taken, 5_000);
        });
    }

    #[tokio::test]
    async fn a_leftover_is_ended_but_not_another_program_with_its_id() {
        let (_folder, paths) = scratch();
        let mut sleep = Command::new("/bin/sleep");
        sleep.arg("600").process_group(0);
        let (mut ours, mut other) = (sleep.spawn().unwrap(), sleep.spawn().unwrap());
        let entry = |program: &str, child: &Child| Entry {
            name: "sleep".into(),
            program: program.into(),
            port: 0,
            pid: Some(child.id()),
            ready: true,
            restarts: 0,
            failure: None,
        };
        // A process that was just started has its arguments a moment later.
        for child in [&ours, &other] {
            let pid = process::pid(child.id()).unwrap();
            while !process::runs(pid, "/bin/sleep".as_ref()) {
                thread::yield_now();
            }
        }
        let held = lock(&paths).unwrap().unwrap();
        let children = vec![entry("/bin/sleep", &ours), entry("/bin/other", &other)];
        held.write(&State { children, ..state(1) }).unwrap();
        assert_eq!(held.end_leftovers().await, ["sleep"]);
        assert!(!ours.wait().unwrap().success());
        assert_eq!(other.try_wait().unwrap(), None, "still runs");
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
