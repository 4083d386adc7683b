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
    /// How many events the log shall have
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: u64,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (places, progress) = (Places::find()?, Progress::new());
    private_folder(&places.logs())?;
    let want = Want {
        nats: true,
        mongo: false,
        readers: false,
    };
    let tools = tools::fetch(&places, want, &progress).await?;
    build(
        &places,
        &progress,
        &["--release", "--package", "events", "--package", "bench"],
    )
    .await?;
    let status = cargo()
        .args(["run", "--quiet", "--release", "--package", "bench"])
        .current_dir(&places.root)
        .env("INKSTREAM_NATS_SERVER", &tools.nats_server)
        .env("BENCH_EVENTS", args.events.to_string())
        .env_remove("NATS_URL")
        .status()
        .await
        .context("cannot run cargo")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
