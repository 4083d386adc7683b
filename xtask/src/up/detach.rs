//! Leaves the platform running in the background: starts a second `up` that supervises, shows what it says
//! until the platform is ready, and goes.

use super::{Args, hint, seed};
use crate::{child, plan::Plan, progress::Progress, signals::Signals, state, state::Phase};
use anyhow::{Context, bail};
use rustix::process::{Signal, kill_process};
use std::{
    fs::File,
    io::{Read, Write, stdout},
    process::{ExitCode, Stdio},
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    time,
};

const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn run(args: &Args, plan: &Plan, progress: &Progress) -> anyhow::Result<ExitCode> {
    let log = plan.places.log("up");
    let mut behind = start(args, plan, File::create(&log)?)?;
    let mut said = File::open(&log)?;
    let mut signals = Signals::catch()?;
    let pid = behind.id().unwrap_or_default();
    loop {
        tokio::select! {
            status = behind.wait() => {
                show(&mut said)?;
                bail!("the platform did not start ({}); more in {}", child::how_it_ended(status?), log.display());
            }
            _ = signals.next() => {
                stop(&behind);
                behind.wait().await?;
                bail!("interrupted; nothing is left running");
            }
            () = time::sleep(LOOK_EVERY) => show(&mut said)?,
        }
        if state::read(&plan.places).is_some_and(|state| state.pid == pid && state.phase == Phase::Ready) {
            break;
        }
    }
    show(&mut said)?;
    if args.demo {
        seed(plan, progress).await;
    }
    hint(plan);
    Ok(ExitCode::SUCCESS)
}

/// Started as it is and not through `exec`: this one is meant to outlive us.
fn start(args: &Args, plan: &Plan, log: File) -> anyhow::Result<Child> {
    let mut command = Command::new(&plan.places.xtask);
    command
        .args(["up", "--in-background", "--port"])
        .arg(plan.ports.gateway.to_string());
    command.arg("--port-offset").arg(plan.ports.offset.to_string());
    if args.release {
        command.arg("--release");
    }
    command
        .current_dir(&plan.places.root)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    command
        .spawn()
        .context("cannot start the process that stays behind")
}

fn stop(behind: &Child) {
    if let Some(pid) = behind.id().and_then(child::pid) {
        kill_process(pid, Signal::TERM).ok();
    }
}

/// Copies what is new in the log.
fn show(log: &mut File) -> anyhow::Result<()> {
    let mut new = Vec::new();
    log.read_to_end(&mut new)?;
    stdout().write_all(&new)?;
    Ok(())
}
