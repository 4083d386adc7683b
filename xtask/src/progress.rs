//! What the developer sees while things happen: one line per step with the elapsed time, and for long
//! steps a ticking line with the last word of the log.

use crate::{child, places, signals::Signals};
use anyhow::{Context, bail};
use std::{
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

impl Progress {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            terminal: io::stdout().is_terminal(),
        }
    }

    /// One line, stamped with the seconds since the command began.
    pub fn say(&self, text: impl std::fmt::Display) {
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        println!("{clear}[{:6.1}s] {text}", self.start.elapsed().as_secs_f32());
    }

    /// Runs a command to its end with its output in a log. Says what it does at once, goes on showing that it
    /// lives, and on failure shows the end of the log and the remedy.
    pub async fn step(&self, step: Step<'_>, mut command: Command) -> anyhow::Result<()> {
        self.say(format_args!("{} ...", step.what));
        if let Some(folder) = step.log.parent() {
            places::private_folder(folder)?;
        }
        let log = File::create(&step.log).with_context(|| format!("cannot write {}", step.log.display()))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.process_group(0).kill_on_drop(true);
        let program = command.as_std().get_program().to_owned();
        let mut running = command
            .spawn()
            .with_context(|| format!("cannot run {}. {}", program.display(), step.remedy))?;
        let began = Instant::now();
        let mut signals = Signals::catch()?;
        let mut tick = time::interval(if self.terminal {
            Duration::from_millis(500)
        } else {
            Duration::from_secs(20)
        });
        tick.tick().await;
        let status = loop {
            tokio::select! {
                status = running.wait() => break status?,
                _ = tick.tick() => self.tick(&step, began),
                _ = signals.next() => {
                    child::kill(&mut running).await;
                    bail!("interrupted while {}; the next run takes it up again", step.what);
                }
            }
        };
        if !status.success() {
            let (tail, how) = (child::tail(&step.log, TAIL), child::how_it_ended(status));
            bail!(
                "{} failed ({how}):\n{tail}  The whole log: {}\n  {}",
                step.what,
                step.log.display(),
                step.remedy
            );
        }
        self.say(format_args!(
            "{}: done in {:.0} s",
            step.what,
            began.elapsed().as_secs_f32()
        ));
        Ok(())
    }

    fn tick(&self, step: &Step<'_>, began: Instant) {
        let (seconds, last) = (began.elapsed().as_secs(), last_line(&step.log));
        if self.terminal {
            print!(
                "\r\x1b[K[{:6.1}s]   {last:.90}",
                self.start.elapsed().as_secs_f32()
            );
            io::stdout().flush().ok();
        } else {
            self.say(format_args!("  still at it after {seconds} s: {last:.90}"));
        }
    }
}

/// A step that takes a while.
#[derive(Debug)]
pub struct Step<'a> {
    /// What it does, as "building X".
    pub what: &'a str,
    pub log: PathBuf,
    /// What the developer can do if it fails.
    pub remedy: &'a str,
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let end = &text[text.len().saturating_sub(2048)..];
    let end = String::from_utf8_lossy(end);
    end.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .to_owned()
}
