//! `down`: stops the platform that `up` started from this checkout, wherever it was started.

use crate::{child, places::Places, state};
use anyhow::bail;
use rustix::process::{Signal, kill_process};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::time;

/// Three stages, each with the children's grace, and some air.
const TIMEOUT: Duration = Duration::from_secs(45);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub async fn run() -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    if let Some(lock) = state::lock(&places)? {
        let left = state::end_leftovers(&places, &lock);
        match left.is_empty() {
            true => println!("Inkstream does not run from this checkout"),
            false => println!(
                "the supervisor was gone; ended what it had left: {}",
                left.join(", ")
            ),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let supervisor = state::read(&places).and_then(|state| child::pid(state.pid));
    let Some(supervisor) = supervisor else {
        bail!("Inkstream is just being prepared by a `cargo xtask up`; end that one with Ctrl-C");
    };
    kill_process(supervisor, Signal::TERM)?;
    let (began, mut told) = (Instant::now(), false);
    while state::lock(&places)?.is_none() {
        if began.elapsed() > TIMEOUT {
            bail!(
                "the supervisor (process {supervisor:?}) does not end; see {}",
                places.log("up").display()
            );
        }
        if !told && began.elapsed() > Duration::from_secs(1) {
            println!("stopping ...");
            told = true;
        }
        time::sleep(LOOK_EVERY).await;
    }
    println!(
        "stopped in {:.1} s; the data stays in .dev/data",
        began.elapsed().as_secs_f32()
    );
    Ok(ExitCode::SUCCESS)
}
