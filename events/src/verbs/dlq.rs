//! `events dlq`: the dead letters, what is the matter with each, and what to do about it.
//!
//! How a letter gets back to its consumer stands in `docs/adr/0006-dead-letters.md`.

mod audit;
mod choice;
mod discard;
mod letter;
mod list;
mod redrive;
mod repair;
mod show;

use clap::Subcommand;

use crate::{failure::Failure, session::Session};

/// List, explain, redrive and discard what consumers could not process
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

/// Does it.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    match args.action {
        Action::List(args) => list::run(args, session).await,
        Action::Show(args) => show::run(args, session).await,
        Action::Redrive(args) => redrive::run(*args, session).await,
        Action::Discard(args) => discard::run(args, session).await,
    }
}
