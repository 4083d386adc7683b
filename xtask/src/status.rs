//! `status`: what runs, where, since how many restarts. Exit code 0 only if all of it is ready.

use crate::{places::Places, state, state::Phase};
use std::process::ExitCode;

pub async fn run() -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    let running = state::lock(&places)?.is_none();
    let Some(state) = state::read(&places).filter(|_| running) else {
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
        "{:<14}{:<8}{:>6}{:>10}{:>10}",
        "", "state", "port", "process", "restarts"
    );
    for entry in &state.children {
        let condition = match (entry.pid, entry.ready) {
            (_, true) => "ready",
            (Some(_), false) => "starts",
            (None, false) => "down",
        };
        let pid = entry.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        println!(
            "{:<14}{condition:<8}{:>6}{pid:>10}{:>10}",
            entry.name, entry.port, entry.restarts
        );
    }
    let all = state.phase == Phase::Ready && state.children.iter().all(|entry| entry.ready);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
