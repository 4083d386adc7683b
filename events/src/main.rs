//! `events`: inspects, validates and repairs the event log.
//!
//! It decodes events by the registry in `common::event` and connects only to the bus, never to a service or a database.
//! Reading never disturbs a consumer; only verbs that are documented to do so write.

mod cli;
mod confirm;
mod connection;
mod entry;
mod failure;
mod find;
mod log;
mod output;
mod progress;
mod readers;
mod record;
mod registry;
mod selection;
mod session;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{cli::Cli, failure::Failure};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = tokio::select! {
        outcome = cli.run() => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
