//! `status`: what runs, on which port, and with how many restarts. The exit code is 0 only if all of it is ready.

use crate::{
    paths::Paths,
    state::{self, Phase},
};
use std::process::ExitCode;

pub fn run() -> anyhow::Result<ExitCode> {
    let Some((state, _)) = state::running(&Paths::find()?) else {
        println!("Inkstream does not run from this checkout; `cargo xtask up` starts it");
        return Ok(ExitCode::from(3));
    };
    let phase = match state.phase {
        Phase::Starting => "starting",
        Phase::Ready => "running",
        Phase::Stopping => "stopping",
    };
    println!(
        "Inkstream is {phase} on {} (supervisor: process {})\n",
        state.url, state.pid
    );
    println!(
        "{:<14}{:<10}{:>6}{:>10}{:>10}",
        "", "state", "port", "process", "restarts"
    );
    for entry in &state.children {
        let condition = match (entry.pid, entry.ready) {
            (_, true) => "ready",
            (Some(_), false) => "starting",
            (None, false) => "stopped",
        };
        let pid = entry.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let (name, port, restarts) = (&entry.name, entry.port, entry.restarts);
        println!("{name:<14}{condition:<10}{port:>6}{pid:>10}{restarts:>10}");
    }
    let all = state.phase == Phase::Ready && state.children.iter().all(|entry| entry.ready);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
