//! `run`: a subcommand of a service with the settings it has on the running platform, so that nobody has to
//! gather ports, keys and secrets by hand: `run auth grant-role ann moderator`, `run query rebuild`.

use crate::{
    part,
    places::Places,
    plan::{Plan, own_server},
    ports::Ports,
    services::{self, SERVICES},
    tools::Tools,
};
use anyhow::Context;
use std::{ffi::OsString, process::ExitCode};
use tokio::process::Command;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The service
    service: String,
    /// Its subcommand, with arguments; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    args: Vec<OsString>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let places = Places::find()?;
    let state = part::running(&places)?;
    let service = services::by_name(&args.service).with_context(|| {
        let names: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
        format!(
            "no service is named {:?}; there are: {}",
            args.service,
            names.join(", ")
        )
    })?;
    let gateway = state.children.iter().find(|entry| entry.name == "gateway");
    let plan = Plan {
        places,
        ports: Ports::new(gateway.map(|entry| entry.port), state.port_offset),
        tools: Tools::default(),
        own_mongo: own_server("MONGODB_URI"),
        own_nats: own_server("NATS_URL"),
        release: state.release,
        durability: Default::default(),
        extra: Vec::new(),
    };
    let status = Command::new(plan.program(service))
        .args(&args.args)
        .envs(plan.settings(service)?)
        .current_dir(&plan.places.root)
        .status()
        .await
        .with_context(|| format!("cannot start {}", service.name))?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}
