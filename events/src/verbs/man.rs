//! `events man`: manual pages.

use std::{fs, path::PathBuf};

use clap::CommandFactory as _;

use crate::{cli::Cli, failure::Failure, session::Session};

/// Write the manual pages, one for each verb, into a folder
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes them.
pub async fn run(args: Args, _: &Session) -> Result<(), Failure> {
    let folder = args.folder;
    let failed =
        |error: std::io::Error| Failure::usage(format!("{} cannot be written: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &folder).map_err(failed)
}
