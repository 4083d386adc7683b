//! `bench`: the measurements behind the documented performance figures, on a release build and real servers.

use crate::{
    cargo,
    paths::{Paths, private_folder},
    process::exit_code,
    progress::Progress,
    tools::{self, MONGOD, NATS_SERVER},
};
use anyhow::Context;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to measure
    #[arg(value_enum, default_value_t)]
    what: What,
    /// The number of events in the log
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Everything
    #[default]
    All,
    /// The `events` command, compared with a bare reader and a bare writer of the log
    Events,
    /// The home page and the page of a post, compared with a bare handler of the same bytes
    Pages,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (paths, progress) = (Paths::find()?, Progress::new());
    private_folder(&paths.logs())?;
    tools::fetch(&paths, &[&NATS_SERVER, &MONGOD], &progress).await?;
    let packages = [
        "--package",
        "events",
        "--package",
        "query",
        "--package",
        "web",
        "--package",
        "bench",
    ];
    cargo::build(&paths, &progress, &[&["--release"], &packages[..]].concat()).await?;
    let programs: &[&str] = match args.what {
        What::All => &["bench", "bench-pages"],
        What::Events => &["bench"],
        What::Pages => &["bench-pages"],
    };
    for program in programs {
        let status = cargo::command()
            .args([
                "run",
                "--quiet",
                "--release",
                "--package",
                "bench",
                "--bin",
                program,
            ])
            .current_dir(&paths.root)
            .env("INKSTREAM_NATS_SERVER", NATS_SERVER.program(&paths))
            .env("INKSTREAM_MONGOD", MONGOD.program(&paths))
            .env("INKSTREAM_BIN_DIR", paths.programs(true))
            .env("BENCH_EVENTS", args.events.to_string())
            .env_remove("NATS_URL")
            .status()
            .await
            .context("cannot run cargo")?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}
