//! `down`: stops the platform of this checkout, wherever it was started.

use crate::{paths::Paths, state};
use anyhow::bail;
use rustix::process::{Signal, kill_process};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::time;

/// Three stages, each with the grace period of its processes, and a margin.
const TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

pub async fn run() -> anyhow::Result<ExitCode> {
    let paths = Paths::find()?;
    let Some((state, supervisor)) = state::running(&paths) else {
        return end_leftovers(&paths).await;
    };
    kill_process(supervisor, Signal::TERM)?;
    println!("stopping ...");
    let began = Instant::now();
    while state::running(&paths).is_some_and(|(now, _)| now.pid == state.pid) {
        if began.elapsed() > TIMEOUT {
            let (pid, log) = (state.pid, paths.log("up"));
            bail!(
                "the supervisor (process {pid}) does not exit; see {}",
                log.display()
            );
        }
        time::sleep(POLL_INTERVAL).await;
    }
    println!(
        "stopped in {:.1} s; the data stays in .dev/data",
        began.elapsed().as_secs_f32()
    );
    Ok(ExitCode::SUCCESS)
}

/// A supervisor that was killed leaves a state file, and perhaps processes.
async fn end_leftovers(paths: &Paths) -> anyhow::Result<ExitCode> {
    let mut left = Vec::new();
    if state::read(paths).is_some()
        && let Some(lock) = state::lock(paths)?
    {
        left = lock.end_leftovers().await;
    }
    match left.is_empty() {
        true => println!("Inkstream does not run from this checkout"),
        false => println!(
            "the supervisor had been killed; ended its processes: {}",
            left.join(", ")
        ),
    }
    Ok(ExitCode::SUCCESS)
}
