//! `cargo xtask`: the development commands of Inkstream.
//!
//! Everything here compiles before anything else on a new machine, so the crate depends on little, and of the
//! workspace on `common` alone. It contains no business logic: it starts the services as the programs they are.
#![allow(
    clippy::print_stdout,
    reason = "a command-line tool: its output is its product"
)]

mod arch;
mod assets;
mod bench;
mod browser;
mod cargo;
mod chromium;
mod demo;
mod down;
mod exec;
mod gateway;
mod logs;
mod manifests;
mod node;
mod paths;
mod plan;
mod ports;
mod process;
mod progress;
mod restart;
mod schemathesis;
mod secrets;
mod service_command;
mod services;
mod signals;
mod state;
mod status;
mod supervisor;
mod test;
mod test_folder;
mod tools;
mod tour;
mod up;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Run, test and check Inkstream on this machine"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Fetch the servers, build, and run the whole platform on http://localhost:8080
    Up(up::Args),
    /// Stop the platform that `up` started
    Down,
    /// Show what runs, on which port, and how often it was restarted
    Status,
    /// Stop one process of the running platform and keep it stopped, to observe the others
    Stop(restart::Args),
    /// Start a process again that was stopped with `stop`
    Start(restart::Args),
    /// Run a subcommand of a service on the running platform, e.g. `run auth grant-role ann moderator`
    Run(service_command::Args),
    /// Show the logs of one service, or of all
    Logs(logs::Args),
    /// Run every test of the workspace on real servers
    Test(test::Args),
    /// Measure the pages in a browser: Lighthouse scores and time budgets, on a release build
    Audit(browser::Args),
    /// Take a screenshot of every page, light and dark, wide and narrow
    Screenshots(browser::Args),
    /// Measure the documented performance figures, on a release build
    Bench(bench::Args),
    /// Run the tour of README.md against a running, empty platform and check its output
    Tour,
    /// Test the API of every service of the running platform against its OpenAPI document
    Schemathesis(schemathesis::Args),
    /// Build the scripts, styles and fonts of the pages, if their sources have changed
    Assets,
    /// Check the dependency rules between crates and modules
    Arch,
    /// Check the Kubernetes manifests, without a cluster
    Manifests(manifests::Args),
    /// Manage the secrets of a deployment, in files that git ignores
    #[command(subcommand)]
    Secrets(secrets::cluster::Command),
    /// Run the gateway alone, for tests
    #[command(hide = true)]
    Gateway(gateway::Args),
    /// Start a process that cannot outlive its parent
    #[command(hide = true)]
    Exec(exec::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Child processes are bound to the *thread* that started them (see [`exec`]), so everything runs on the main
/// thread, which lives as long as the process.
#[tokio::main(flavor = "current_thread")]
async fn run(task: Task) -> anyhow::Result<ExitCode> {
    match task {
        Task::Up(args) => up::run(args).await,
        Task::Down => down::run().await,
        Task::Status => status::run(),
        Task::Stop(args) => restart::stop(args).await,
        Task::Start(args) => restart::start(args).await,
        Task::Run(args) => service_command::run(args).await,
        Task::Logs(args) => logs::run(&args).await,
        Task::Test(args) => test::run(args).await,
        Task::Audit(args) => browser::audit(args).await,
        Task::Screenshots(args) => browser::screenshots(args).await,
        Task::Bench(args) => bench::run(args).await,
        Task::Tour => tour::run().await,
        Task::Schemathesis(args) => schemathesis::run(args).await,
        Task::Assets => assets::run().await,
        Task::Arch => arch::run(),
        Task::Manifests(args) => manifests::run(args).await,
        Task::Secrets(command) => secrets::cluster::run(command),
        Task::Gateway(args) => gateway::run(args),
        Task::Exec(args) => exec::run(&args),
    }
}
