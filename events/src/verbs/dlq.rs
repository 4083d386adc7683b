//! `events dlq`: inspecting, redriving and discarding dead letters.
//!
//! `docs/adr/0006-dead-letters.md` describes how a dead letter is redriven to its consumer.

mod audit;
mod choice;
mod dead_letter;
mod discard;
mod list;
mod redrive;
mod repair;
mod show;

use clap::Subcommand;

use crate::{failure::Failure, session::Session};

/// List, explain, redrive and discard dead letters
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::Args),
    Show(show::Args),
    Redrive(Box<redrive::Args>),
    Discard(discard::Args),
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    match args.action {
        Action::List(args) => list::run(args, session).await,
        Action::Show(args) => show::run(args, session).await,
        Action::Redrive(args) => redrive::run(*args, session).await,
        Action::Discard(args) => discard::run(args, session).await,
    }
}
