//! The command line: what can be asked, and which module answers.

use crate::{
    arch, assets, bench, down, exec, gateway, join, logs, part, screenshots, status, test, tour, up,
};
use clap::{Parser, Subcommand};
use std::{future::Future, process::ExitCode};
use tokio::runtime;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Run, test and check Inkstream on this machine"
)]
pub struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Fetch the servers, build, and run the whole platform on http://localhost:8080
    Up(up::Args),
    /// Stop the platform that `up` started
    Down,
    /// Say what runs, where, and how often it had to be restarted
    Status,
    /// Stop one part of the running platform, and leave it stopped: how do the others bear it?
    Stop(part::Args),
    /// Start a part again that `stop` has stopped
    Start(part::Args),
    /// Run a subcommand of a service on the running platform, e.g. `run auth grant-role ann moderator`
    Run(join::Args),
    /// Show the logs of one service, or of all
    Logs(logs::Args),
    /// Run every test of the workspace on real servers
    Test(test::Args),
    /// Take a picture of every page, light and dark, wide and narrow
    Screenshots(screenshots::Args),
    /// Measure what the documentation claims, on a release build
    Bench(bench::Args),
    /// Type the tour of README.md into a running, empty platform, and look at what comes back
    Tour,
    /// Build the scripts, styles and fonts of the pages, if anything of them has changed
    Assets,
    /// Check the arrows between crates and modules that must never be drawn
    Arch,
    /// The development gateway: routes by ingress.yaml
    #[command(hide = true)]
    Gateway(gateway::Args),
    /// Start one child so that it cannot outlive its parent
    #[command(hide = true)]
    Exec(exec::Args),
}

impl Cli {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.task {
            Task::Up(args) => on_one_thread(up::run(args)),
            Task::Down => on_one_thread(down::run()),
            Task::Status => on_one_thread(status::run()),
            Task::Stop(args) => on_one_thread(part::stop(args)),
            Task::Start(args) => on_one_thread(part::start(args)),
            Task::Run(args) => on_one_thread(join::run(args)),
            Task::Logs(args) => logs::run(&args),
            Task::Test(args) => on_one_thread(test::run(args)),
            Task::Screenshots(args) => on_one_thread(screenshots::run(args)),
            Task::Bench(args) => on_one_thread(bench::run(args)),
            Task::Tour => on_one_thread(tour::run()),
            Task::Assets => on_one_thread(assets::run()),
            Task::Arch => arch::run(),
            Task::Gateway(args) => runtime::Runtime::new()?.block_on(gateway::run(args)),
            Task::Exec(args) => exec::run(&args),
        }
    }
}

/// Children are tied to the *thread* that started them (see [`exec`]), so whatever starts children must
/// do it on the main thread, which lives as long as the process.
fn on_one_thread<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(task)
}
