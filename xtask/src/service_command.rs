//! `run`: a subcommand of a service with the settings it has on the running platform, so that ports, keys and
//! secrets need not be collected by hand: `run auth grant-role ann moderator`, `run query rebuild`.

use crate::{paths::Paths, plan::Plan, ports::Ports, process::exit_code, services, state};
use anyhow::Context;
use std::{ffi::OsString, process::ExitCode};
use tokio::process::Command;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service
    service: String,
    /// Its subcommand with arguments; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    args: Vec<OsString>,
}

impl Args {
    pub fn new<const N: usize>(service: &str, args: [&str; N]) -> Self {
        Self {
            service: service.to_owned(),
            args: args.map(OsString::from).to_vec(),
        }
    }
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let paths = Paths::find()?;
    let state = state::expect_running(&paths)?;
    let service = services::by_name(&args.service)?;
    let ports = Ports::new(Some(state.gateway_port), state.port_offset);
    let plan = Plan::new(&paths, ports, state.release);
    let status = Command::new(plan.program(service))
        .args(&args.args)
        .envs(plan.settings(service)?)
        .current_dir(&plan.paths.root)
        .status()
        .await
        .with_context(|| format!("cannot start {}", service.name))?;
    Ok(exit_code(status))
}
