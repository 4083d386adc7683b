//! Progress output: one line per step with the elapsed time, and during long steps the last line of the log.

use crate::{paths, process, signals::Signals};
use anyhow::{Context, bail};
use std::{
    fmt::Display,
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{process::Command, time};

const TAIL: usize = 25;

#[derive(Debug, Clone, Copy)]
pub struct Progress {
    start: Instant,
    terminal: bool,
}

/// A long step.
#[derive(Debug)]
pub struct Step<'a> {
    /// The activity, as "building X".
    pub what: &'a str,
    pub log: PathBuf,
    /// What the developer can do if it fails.
    pub remedy: &'a str,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            terminal: io::stdout().is_terminal(),
        }
    }

    /// Prints one line with the seconds since the start of the command.
    pub fn report(&self, text: impl Display) {
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        println!("{clear}[{:6.1}s] {text}", self.start.elapsed().as_secs_f32());
    }

    /// Runs a command with its output in a log. Reports the start, regularly the last line of the log, and on
    /// failure the end of the log and the remedy.
    pub async fn step(&self, step: Step<'_>, mut command: Command) -> anyhow::Result<()> {
        let Step { what, log, remedy } = &step;
        self.report(format_args!("{what} ..."));
        if let Some(folder) = log.parent() {
            paths::private_folder(folder)?;
        }
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let program = command.as_std().get_program().to_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}. {remedy}", program.display()))?;
        let (began, mut signals) = (Instant::now(), Signals::catch()?);
        let period = Duration::from_millis(if self.terminal { 500 } else { 20_000 });
        let mut tick = time::interval(period);
        tick.tick().await;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status?,
                _ = tick.tick() => self.tick(log, began),
                _ = signals.next() => {
                    process::kill(&mut child).await;
                    bail!("interrupted while {what}; the next run continues");
                }
            }
        };
        if !status.success() {
            let (how, tail) = (process::describe(status), process::tail(log, TAIL));
            bail!("{what} failed ({how}):\n{tail}\n  {remedy}");
        }
        let seconds = began.elapsed().as_secs_f32();
        self.report(format_args!("{what}: done in {seconds:.0} s"));
        Ok(())
    }

    fn tick(&self, log: &Path, began: Instant) {
        let last = last_line(log);
        if self.terminal {
            let seconds = self.start.elapsed().as_secs_f32();
            print!("\r\x1b[K[{seconds:6.1}s]   {last:.90}");
            io::stdout().flush().ok();
        } else {
            let seconds = began.elapsed().as_secs();
            self.report(format_args!("  still running after {seconds} s: {last:.90}"));
        }
    }
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let end = String::from_utf8_lossy(&text[text.len().saturating_sub(2048)..]);
    let mut lines = end.lines().rev().map(str::trim);
    lines.find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}
