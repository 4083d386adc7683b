//! Measures the claims about the `events` command, each against a reference in the same run:
//!
//! - `import` against publishing single events, on a server that syncs its disk before each acknowledgement;
//! - `tail --where` that matches nothing, and `export`, against a bare ordered consumer;
//! - the memory of each, which must not depend on the length of the log.
//!
//! `BENCH_EVENTS` sets the number of events, by default 1,000,000.

use std::env;

use anyhow::{Context as _, ensure};
use testkit::NatsServer;

use crate::{command::Run, log};

/// The minimum rate of `import`, relative to publishing single events.
const IMPORT_RATIO: f64 = 10.0;
/// The minimum rate of reading, relative to a bare ordered consumer.
const READ_RATIO: f64 = 0.5;
/// The maximum memory of a run, in MiB, for any length of the log.
const MEMORY: u64 = 400;

pub(crate) async fn run() -> anyhow::Result<()> {
    let count: u64 = env::var("BENCH_EVENTS").map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let export = folder.path().join("export.jsonl");
    log::write(&export, count).context("the export cannot be written")?;
    let export = export.display().to_string();
    let source = NatsServer::start().await;

    let single = log::publish_one_by_one(&source, count.min(5_000)).await?;
    print_rate("publishing single events", single, None);
    source.delete_log().await;
    let import = Run::new(&source, &["import", &export]).await?;
    let import_ratio = import.rate(count) / single;
    print_rate(
        "events import",
        import.rate(count),
        Some((import_ratio, "single events", import.memory)),
    );

    let bare = log::read_bare(&source, count).await?;
    print_rate("bare ordered consumer", bare, None);
    let mut ratios = Vec::new();
    for args in [
        &["tail", "--where", r#".data.content.title == "no such title""#][..],
        &["export"],
        &["export", "--zstd"],
    ] {
        let run = Run::new(&source, args).await?;
        let ratio = run.rate(count) / bare;
        let name = format!("events {}", args.join(" "));
        print_rate(&name, run.rate(count), Some((ratio, "bare", run.memory)));
        ensure!(run.memory < MEMORY, "{name} took {} MiB", run.memory);
        ratios.push((name, ratio));
    }
    ensure!(import.memory < MEMORY, "import took {} MiB", import.memory);
    ensure!(
        import_ratio >= IMPORT_RATIO,
        "import has only {import_ratio:.1} times the rate of publishing single events"
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
fn print_rate(what: &str, rate: f64, against: Option<(f64, &str, u64)>) {
    match against {
        None => println!("{what:<70} {rate:>9.0}/s"),
        Some((ratio, reference, memory)) => {
            println!("{what:<70} {rate:>9.0}/s  {ratio:>6.2} x {reference}  {memory:>4} MiB");
        }
    }
}
