//! Starts a second `up` in the background, which supervises, and shows its output until the platform is ready.

use crate::{
    plan::Plan,
    process,
    signals::Signals,
    state::{self, Phase},
};
use anyhow::{Context, bail};
use rustix::process::{Signal, kill_process};
use std::{
    fs::File,
    io::{self, stdout},
    process::Stdio,
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    time,
};

const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(super) async fn start(plan: &Plan) -> anyhow::Result<()> {
    let log = plan.paths.log("up");
    let mut background = spawn(plan, File::create(&log)?)?;
    let mut output = File::open(&log)?;
    let mut signals = Signals::catch()?;
    let pid = background.id();
    let ready = || {
        let state = state::read(&plan.paths);
        state.is_some_and(|state| Some(state.pid) == pid && state.phase == Phase::Ready)
    };
    while !ready() {
        tokio::select! {
            status = background.wait() => {
                io::copy(&mut output, &mut stdout())?;
                bail!("the platform did not start ({}); see {}", process::describe(status?), log.display());
            }
            _ = signals.next() => {
                if let Some(pid) = background.id().and_then(process::pid) {
                    kill_process(pid, Signal::TERM).ok();
                }
                background.wait().await?;
                bail!("interrupted; no process is left");
            }
            () = time::sleep(POLL_INTERVAL) => {}
        }
        io::copy(&mut output, &mut stdout())?;
    }
    io::copy(&mut output, &mut stdout())?;
    Ok(())
}

/// Directly and not through `exec`: this process outlives its parent.
fn spawn(plan: &Plan, log: File) -> anyhow::Result<Child> {
    let mut command = Command::new(&plan.paths.xtask);
    command
        .args(["up", "--in-background", "--port", &plan.ports.gateway.to_string()])
        .args(["--port-offset", &plan.ports.offset.to_string()])
        .args(plan.release.then_some("--release"))
        .current_dir(&plan.paths.root)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start the background process")
}
