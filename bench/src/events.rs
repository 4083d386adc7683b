//! Measures what the documentation claims of the `events` command, each against its yardstick in the same run:
//!
//! - `import` against publishing one by one, on a server that syncs its disk before each acknowledgement;
//! - `tail --where` that matches nothing, and `export`, against a bare ordered consumer;
//! - the memory of each, which must not grow with the log.
//!
//! `BENCH_EVENTS` sets the number of events, by default 1,000,000.

use std::env;

use anyhow::{Context as _, ensure};
use testkit::NatsServer;

use crate::{command::Run, log};

/// `import` has at least this many times the rate of one by one.
const IMPORT_RATIO: f64 = 10.0;
/// Reading has at least this share of a bare ordered consumer's rate.
const READ_RATIO: f64 = 0.5;
/// No run may take more memory, in MiB, however long the log.
const MEMORY: u64 = 400;

pub(crate) async fn run() -> anyhow::Result<()> {
    let count: u64 = env::var("BENCH_EVENTS").map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let export = folder.path().join("export.jsonl");
    log::write(&export, count).context("the export cannot be written")?;
    let export = export.display().to_string();
    let source = NatsServer::start().await;

    let one_by_one = log::publish_one_by_one(&source, count.min(5_000)).await?;
    say("publishing one by one", one_by_one, None);
    source.delete_log().await;
    let import = Run::new(&source, &["import", &export]).await?;
    let import_ratio = import.rate(count) / one_by_one;
    say(
        "events import",
        import.rate(count),
        Some((import_ratio, "one by one", import.memory)),
    );

    let bare = log::read_bare(&source, count).await?;
    say("bare ordered consumer", bare, None);
    let mut ratios = Vec::new();
    for args in [
        &["tail", "--where", r#".data.content.title == "no such title""#][..],
        &["export"],
        &["export", "--zstd"],
    ] {
        let run = Run::new(&source, args).await?;
        let ratio = run.rate(count) / bare;
        let name = format!("events {}", args.join(" "));
        say(&name, run.rate(count), Some((ratio, "bare", run.memory)));
        ensure!(run.memory < MEMORY, "{name} took {} MiB", run.memory);
        ratios.push((name, ratio));
    }
    ensure!(import.memory < MEMORY, "import took {} MiB", import.memory);
    ensure!(
        import_ratio >= IMPORT_RATIO,
        "import has only {import_ratio:.1} times the rate of one by one"
    );
    for (name, ratio) in ratios.iter().filter(|(name, _)| !name.ends_with("--zstd")) {
        ensure!(
            *ratio >= READ_RATIO,
            "{name} has only {ratio:.2} of a bare consumer's rate"
        );
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the result")]
fn say(what: &str, rate: f64, against: Option<(f64, &str, u64)>) {
    match against {
        None => println!("{what:<70} {rate:>9.0}/s"),
        Some((ratio, yardstick, memory)) => {
            println!("{what:<70} {rate:>9.0}/s  {ratio:>6.2} x {yardstick}  {memory:>4} MiB");
        }
    }
}
