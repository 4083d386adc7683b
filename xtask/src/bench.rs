//! `bench`: the measurements behind the claims of the documentation, on a release build and real servers.

use crate::{
    places::{Places, private_folder},
    progress::Progress,
    tools::{self, Want},
    up::{build, cargo},
};
use anyhow::Context;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to measure
    #[arg(value_enum, default_value_t)]
    what: What,
    /// How many events the log shall have
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Everything
    #[default]
    All,
    /// The `events` command, against a bare reader and a bare writer of the log
    Events,
    /// The home page and a post's page, against a bare handler of the same bytes
    Pages,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (places, progress) = (Places::find()?, Progress::new());
    private_folder(&places.logs())?;
    let (events, pages) = (args.what != What::Pages, args.what != What::Events);
    let want = Want {
        nats: true,
        mongo: pages,
        readers: false,
    };
    let tools = tools::fetch(&places, want, &progress).await?;
    build(
        &places,
        &progress,
        &[
            "--release",
            "--package",
            "events",
            "--package",
            "web",
            "--package",
            "bench",
        ],
    )
    .await?;
    for (_, program) in [(events, "bench"), (pages, "bench-pages")]
        .into_iter()
        .filter(|(wanted, _)| *wanted)
    {
        let status = cargo()
            .args([
                "run",
                "--quiet",
                "--release",
                "--package",
                "bench",
                "--bin",
                program,
            ])
            .current_dir(&places.root)
            .env("INKSTREAM_NATS_SERVER", &tools.nats_server)
            .env("INKSTREAM_MONGOD", &tools.mongod)
            .env("INKSTREAM_BIN_DIR", places.programs(true))
            .env("BENCH_EVENTS", args.events.to_string())
            .env_remove("NATS_URL")
            .status()
            .await
            .context("cannot run cargo")?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
