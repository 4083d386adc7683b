//! `events completions`: completion scripts for shells.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{cli::Cli, failure::Failure, session::Session};

/// Print the completion script of a shell, e.g. `events completions bash > /etc/bash_completion.d/events`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the verb.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "events", &mut script);
    let mut output = session.output()?;
    output.text(&String::from_utf8_lossy(&script))?;
    output.finish()
}
