//! The read side: how fast it projects a log into the live model, and how fast it rebuilds, at two sizes of the log; the
//! reference is a bare ordered consumer and unordered bulk inserts of the same documents into the same server.
//!
//! `BENCH_EVENTS` sets the number of events of the larger log, by default 1,000,000; the smaller one has a tenth.

use std::{
    env,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use mongodb::{
    Database,
    bson::{Document, doc},
};
use testkit::{DatabaseServer, NatsServer, TestDatabase};
use tests::ProcessSettings;

use crate::{
    command::{Run, peak},
    dataset::DataSet,
    log,
};

/// The minimum rate of a rebuild, relative to the reference.
const REBUILD_RATIO: f64 = 0.6;
/// The minimum rate with the larger log, relative to the smaller one.
const GROWTH_RATIO: f64 = 0.8;
/// The maximum memory of `query`, in MiB.
const MEMORY: u64 = 300;
const INSERT: usize = 500;
const POLL_INTERVAL: Duration = Duration::from_millis(50);

struct Rates {
    live: f64,
    rebuild: f64,
    bare: f64,
    memory: u64,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let events: u64 = env::var("BENCH_EVENTS").map_or(Ok(1_000_000), |text| text.parse())?;
    let small = measure(events / 10).await?;
    let large = measure(events).await?;
    for (name, small, large) in [
        ("live projection", small.live, large.live),
        ("rebuild", small.rebuild, large.rebuild),
    ] {
        let growth = large / small;
        print(&format!("{name} with ten times the log: {growth:.2} of the rate"));
        ensure!(growth >= GROWTH_RATIO, "{name} slows down: {growth:.2}");
    }
    let ratio = large.rebuild / large.bare;
    ensure!(
        ratio >= REBUILD_RATIO,
        "a rebuild has only {ratio:.2} of the bare rate"
    );
    ensure!(large.memory <= MEMORY, "query took {} MiB", large.memory);
    Ok(())
}

async fn measure(events: u64) -> anyhow::Result<Rates> {
    let (nats, server) = (NatsServer::start().await, DatabaseServer::start().await);
    let folder = tempfile::tempdir()?;
    let export = folder.path().join("export.jsonl");
    DataSet::new(events).write(&export)?;
    Run::new(&nats, &["import", &export.display().to_string()]).await?;
    std::fs::remove_file(&export)?;

    let test_database = TestDatabase::on(&server.uri(), "query");
    let database = test_database.connect().await;
    let settings = ProcessSettings::new("query", &nats, &test_database).with("QUERY_GRACE", "3600");
    let settings = Arc::new(settings);
    let began = Instant::now();
    let process = settings.start().await;
    wait_for(&database, 1, events).await?;
    let live = rate(events, began.elapsed());
    let began = Instant::now();
    let command = settings.clone();
    let (code, output) = tokio::task::spawn_blocking(move || command.run(&["rebuild"])).await?;
    ensure!(code == Some(0), "{output}");
    let rebuild = rate(events, began.elapsed());
    let memory = peak(process.id());

    let read = log::read_bare(&nats, events).await?;
    let inserts = insert_bare(&database).await?;
    let bare = rate(events, Duration::from_secs_f64(events as f64 / read) + inserts);
    process.kill();
    print(&format!("{events} events"));
    print(&format!("  bare consumer and inserts  {bare:>9.0}/s"));
    print(&format!(
        "  live projection            {live:>9.0}/s  {:>5.2} x bare",
        live / bare
    ));
    print(&format!(
        "  rebuild                    {rebuild:>9.0}/s  {:>5.2} x bare  {memory} MiB",
        rebuild / bare
    ));
    Ok(Rates {
        live,
        rebuild,
        bare,
        memory,
    })
}

fn rate(events: u64, time: Duration) -> f64 {
    events as f64 / time.as_secs_f64()
}

/// Waits until `generation` contains the whole log.
async fn wait_for(database: &Database, generation: u32, events: u64) -> anyhow::Result<()> {
    let meta = database.collection::<Document>("meta");
    let id = doc! { "_id": format!("checkpoint:{generation}") };
    let last = i64::try_from(events)?;
    loop {
        let progress = meta.find_one(id.clone()).await?;
        if progress.is_some_and(|progress| progress.get_i64("sequence").is_ok_and(|reached| reached >= last))
        {
            return Ok(());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Inserts the documents of the read model again; returns the time of the inserts alone.
async fn insert_bare(database: &Database) -> anyhow::Result<Duration> {
    let mut took = Duration::ZERO;
    for name in query::store::COLLECTIONS {
        let documents = database.collection::<Document>(&format!("g2_{name}"));
        let bare = &database.collection::<Document>(&format!("bare_{name}"));
        let mut parts = documents.find(doc! {}).await?.try_chunks(8 * INSERT);
        while let Some(part) = parts.next().await {
            let part = part.context("the read model cannot be read")?;
            let began = Instant::now();
            let inserts = part.chunks(INSERT).map(|part| async move {
                bare.insert_many(part).ordered(false).await?;
                anyhow::Ok(())
            });
            stream::iter(inserts)
                .buffer_unordered(8)
                .try_collect::<()>()
                .await?;
            took += began.elapsed();
        }
    }
    Ok(took)
}

#[allow(clippy::print_stdout, reason = "the result")]
fn print(line: &str) {
    println!("{line}");
}
