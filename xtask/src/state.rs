//! What a running platform writes down about itself, for `status`, `down` and a second `up`; and the lock
//! that says whether it is true.
//!
//! The lock belongs to the running supervisor and vanishes with it, however it ends. So a state file without
//! the lock tells only of what may be left over.

use crate::{
    child,
    places::{Places, private_folder},
};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, TryLockError},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub pid: u32,
    pub url: String,
    /// Of its ports, and the profile its programs were built in: for commands that join it later.
    #[serde(default)]
    pub port_offset: u16,
    #[serde(default)]
    pub release: bool,
    pub phase: Phase,
    pub children: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Starting,
    Ready,
    Stopping,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    pub program: PathBuf,
    pub port: u16,
    /// None while it is down.
    pub pid: Option<u32>,
    pub ready: bool,
    pub restarts: u32,
}

fn path(places: &Places) -> PathBuf {
    places.run().join("state.json")
}

pub fn read(places: &Places) -> Option<State> {
    serde_json::from_slice(&fs::read(path(places)).ok()?).ok()
}

pub fn write(places: &Places, state: &State) -> anyhow::Result<()> {
    let (path, aside) = (path(places), places.run().join("state.new"));
    fs::write(&aside, serde_json::to_vec_pretty(state)?)?;
    fs::rename(aside, &path).with_context(|| format!("cannot write {}", path.display()))
}

pub fn forget(places: &Places) {
    fs::remove_file(path(places)).ok();
}

/// Held by the one supervisor of a checkout.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// None: another supervisor has it.
pub fn lock(places: &Places) -> anyhow::Result<Option<Lock>> {
    private_folder(&places.run())?;
    let path = places.run().join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock the platform's state"),
    }
}

/// Ends children of a supervisor that is gone. Needed only where the kernel does not do it (see
/// [`crate::exec`]) or where a child would not heed it. Gives the names of those it ended.
pub fn end_leftovers(places: &Places, _held: &Lock) -> Vec<String> {
    let old = read(places).unwrap_or_default();
    let still = |entry: &Entry| entry.pid.and_then(child::pid).filter(|pid| is_ours(*pid, entry));
    let left: Vec<_> = old
        .children
        .iter()
        .filter_map(|entry| Some((entry, still(entry)?)))
        .collect();
    for (_, pid) in &left {
        kill_process_group(*pid, Signal::TERM).ok();
    }
    let deadline = Instant::now() + child::GRACE;
    while Instant::now() < deadline && left.iter().any(|(_, pid)| test_kill_process(*pid).is_ok()) {
        #[allow(
            clippy::disallowed_methods,
            reason = "nothing else runs while the leftovers end"
        )]
        thread::sleep(Duration::from_millis(50));
    }
    for (entry, pid) in &left {
        if still(entry).is_some() {
            kill_process_group(*pid, Signal::KILL).ok();
        }
    }
    forget(places);
    left.iter().map(|(entry, _)| entry.name.clone()).collect()
}

/// Ids are used again: only a process that runs the recorded program is a leftover of ours.
fn is_ours(pid: Pid, entry: &Entry) -> bool {
    let id = pid.as_raw_nonzero();
    let line = match fs::read(format!("/proc/{id}/cmdline")) {
        Ok(line) => line,
        Err(_) if cfg!(target_os = "linux") => return false,
        Err(_) => {
            let ps = std::process::Command::new("ps")
                .args(["-o", "command=", "-p", &id.to_string()])
                .output();
            ps.map(|output| output.stdout).unwrap_or_default()
        }
    };
    String::from_utf8_lossy(&line).contains(&*entry.program.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, os::unix::process::CommandExt, process};

    fn places(name: &str) -> Places {
        let root = env::temp_dir().join(format!("inkstream-state-{name}-{}", process::id()));
        Places {
            dev: root.join(".dev"),
            root,
            xtask: PathBuf::new(),
        }
    }

    fn entry(program: &str, pid: u32) -> Entry {
        let (name, program) = ("sleeper".to_owned(), PathBuf::from(program));
        Entry {
            name,
            program,
            port: 0,
            pid: Some(pid),
            ready: true,
            restarts: 0,
        }
    }

    #[test]
    fn only_one_can_hold_the_lock() {
        let places = places("lock");
        let held = lock(&places).unwrap();
        assert!(held.is_some());
        assert!(lock(&places).unwrap().is_none());
        drop(held);
        assert!(lock(&places).unwrap().is_some());
        fs::remove_dir_all(places.root).unwrap();
    }

    #[test]
    fn a_leftover_is_ended_and_a_stranger_with_its_id_is_not() {
        let places = places("leftovers");
        let sleeper = || {
            process::Command::new("/bin/sleep")
                .arg("60")
                .process_group(0)
                .spawn()
                .unwrap()
        };
        let (mut ours, mut stranger) = (sleeper(), sleeper());
        // A program just started has its arguments a moment later.
        let started = |id| fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| !line.is_empty());
        while cfg!(target_os = "linux") && !(started(ours.id()) && started(stranger.id())) {
            thread::yield_now();
        }
        let held = lock(&places).unwrap().unwrap();
        let children = vec![entry("/bin/sleep", ours.id()), entry("/bin/other", stranger.id())];
        write(
            &places,
            &State {
                children,
                ..State::default()
            },
        )
        .unwrap();
        // Reaped aside, as the kernel keeps an ended child until its parent has asked for it.
        let reaper = thread::spawn(move || ours.wait().unwrap());
        assert_eq!(end_leftovers(&places, &held), ["sleeper"]);
        assert!(!reaper.join().unwrap().success());
        assert_eq!(stranger.try_wait().unwrap(), None, "still runs");
        assert_eq!(read(&places), None);
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        fs::remove_dir_all(places.root).unwrap();
    }
}
