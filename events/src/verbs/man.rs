//! `events man`: manual pages.

use std::{fs, path::PathBuf};

use clap::CommandFactory as _;

use crate::{cli::Cli, failure::Failure, session::Session};

/// Write the manual pages, one for each verb, into a folder
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; created if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs the verb.
pub async fn run(args: Args, _: &Session) -> Result<(), Failure> {
    let folder = args.folder;
    let failed =
        |error: std::io::Error| Failure::usage(format!("{} cannot be written: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &folder).map_err(failed)
}
