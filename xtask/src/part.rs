//! `stop` and `start`: takes one part of the running platform away and brings it back, to see how the others
//! bear it. The supervisor does it; it is told by a file that names the part (and by the part's death).

use crate::{
    child,
    places::{Places, private_folder},
    state::{self, Entry, State},
};
use anyhow::{Context, bail};
use rustix::process::{Signal, kill_process_group};
use std::{
    fs,
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::time;

const TIMEOUT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service (or nats-server, secantusd, gateway), as `status` names it
    part: String,
}

pub async fn stop(Args { part }: Args) -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    let entry = find(&running(&places)?, &part)?;
    let held = places.held(&part);
    private_folder(&places.run().join("held"))?;
    fs::write(&held, "").with_context(|| format!("cannot write {}", held.display()))?;
    if let Some(pid) = entry.pid.and_then(child::pid) {
        // It may end by itself in this moment.
        kill_process_group(pid, Signal::TERM).ok();
    }
    until(&places, &part, "end", |entry| entry.pid.is_none()).await?;
    println!("{part} is stopped; `cargo xtask start {part}` starts it again");
    Ok(ExitCode::SUCCESS)
}

pub async fn start(Args { part }: Args) -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    find(&running(&places)?, &part)?;
    fs::remove_file(places.held(&part)).ok();
    until(&places, &part, "get ready", |entry| entry.ready).await?;
    println!("{part} runs");
    Ok(ExitCode::SUCCESS)
}

/// A platform begins with all its parts.
pub fn let_all_go(places: &Places) {
    fs::remove_dir_all(places.run().join("held")).ok();
}

/// What the platform that runs has written down.
pub fn running(places: &Places) -> anyhow::Result<State> {
    let runs = state::lock(places)?.is_none();
    match state::read(places).filter(|_| runs) {
        Some(state) => Ok(state),
        None => bail!("Inkstream does not run from this checkout; `cargo xtask up` starts it"),
    }
}

fn find(state: &State, part: &str) -> anyhow::Result<Entry> {
    let names = || state.children.iter().map(|entry| entry.name.as_str());
    let found = state.children.iter().find(|entry| entry.name == part);
    found.cloned().with_context(|| {
        let names: Vec<_> = names().collect();
        format!("no part is named {part:?}; there are: {}", names.join(", "))
    })
}

async fn until(
    places: &Places,
    part: &str,
    what: &str,
    reached: impl Fn(&Entry) -> bool,
) -> anyhow::Result<()> {
    let began = Instant::now();
    while !reached(&find(&running(places)?, part)?) {
        if began.elapsed() > TIMEOUT {
            bail!("{part} does not {what}; see {}", places.log(part).display());
        }
        time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}
