//! `stop` and `start`: stops one process of the running platform and starts it again, to observe the others. A file
//! with the name of the process prevents the supervisor from restarting it.

use crate::{
    paths::{Paths, private_folder},
    process,
    state::{self, Entry},
};
use anyhow::{Context, bail};
use rustix::process::{Signal, kill_process_group};
use std::{
    fs,
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::time;

const TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service (or nats-server, secantusd, gateway), as `status` names it
    process: String,
}

pub async fn stop(Args { process: name }: Args) -> anyhow::Result<ExitCode> {
    let paths = Paths::find()?;
    let state = state::expect_running(&paths)?;
    let entry = state.child(&name)?;
    let marker = paths.stopped(&name);
    private_folder(marker.parent().unwrap_or(&marker))?;
    fs::write(&marker, "").with_context(|| format!("cannot write {}", marker.display()))?;
    if let Some(pid) = entry.pid.and_then(process::pid) {
        // It may exit by itself at this moment.
        kill_process_group(pid, Signal::TERM).ok();
    }
    wait_until(&paths, &name, |entry| entry.pid.is_none()).await?;
    println!("{name} is stopped; `cargo xtask start {name}` starts it again");
    Ok(ExitCode::SUCCESS)
}

pub async fn start(Args { process: name }: Args) -> anyhow::Result<ExitCode> {
    let paths = Paths::find()?;
    state::expect_running(&paths)?.child(&name)?;
    fs::remove_file(paths.stopped(&name)).ok();
    wait_until(&paths, &name, |entry| entry.ready).await?;
    println!("{name} runs");
    Ok(ExitCode::SUCCESS)
}

/// A platform starts with all its processes.
pub fn clear(paths: &Paths) {
    fs::remove_dir_all(paths.run().join("stopped")).ok();
}

async fn wait_until(paths: &Paths, name: &str, reached: impl Fn(&Entry) -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    while !reached(state::expect_running(paths)?.child(name)?) {
        if began.elapsed() > TIMEOUT {
            let (seconds, log) = (TIMEOUT.as_secs(), paths.log(name));
            bail!(
                "{name} did not stop or start within {seconds} s; see {}",
                log.display()
            );
        }
        time::sleep(POLL_INTERVAL).await;
    }
    Ok(())
}
