//! `cargo xtask`: the commands a developer of Inkstream uses every day.
//!
//! Everything here compiles before anything else on a newcomer's machine, so the crate depends on little
//! and on no other crate of the workspace. It never holds business logic: services are started as the
//! separate programs they are.
#![allow(
    clippy::print_stdout,
    reason = "a command-line tool: what it prints is its product"
)]

mod arch;
mod assets;
mod bench;
mod browser;
mod child;
mod chromium;
mod cli;
mod demo;
mod down;
mod exec;
mod gateway;
mod http;
mod ingress;
mod join;
mod keeper;
mod logs;
mod node;
mod part;
mod places;
mod plan;
mod ports;
mod progress;
mod screenshots;
mod secrets;
mod services;
mod signals;
mod state;
mod status;
mod supervisor;
mod test;
mod tools;
mod tour;
mod up;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
