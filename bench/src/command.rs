//! Runs of the `events` command in the folder of this program.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use testkit::NatsServer;
use tokio::process::Command;

/// A successful run.
pub(crate) struct Run {
    elapsed: Duration,
    /// Peak resident memory, in MiB.
    pub(crate) memory: u64,
}

impl Run {
    /// Runs `events <args>` on `nats` and discards its output.
    pub(crate) async fn new(nats: &NatsServer, args: &[&str]) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("events");
        let mut command = Command::new(program);
        command
            .args(args)
            .env("NATS_URL", nats.url())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        run(command).await
    }

    /// Events per second, for `count` events.
    pub(crate) fn rate(&self, count: u64) -> f64 {
        count as f64 / self.elapsed.as_secs_f64()
    }
}

async fn run(mut command: Command) -> anyhow::Result<Run> {
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .context("cannot run `events`; build it with: cargo build --release -p events")?;
    let mut memory = 0;
    let status = loop {
        memory = memory.max(child.id().map_or(0, peak));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(Run {
        elapsed: begun.elapsed(),
        memory,
    })
}

/// The peak memory of a process so far, in MiB (Linux, proc(5)).
pub(crate) fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
