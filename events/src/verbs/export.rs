//! `events export`: the log as JSON lines, from which `import` restores it.

use std::{
    fs::{self, File},
    io::{self, IsTerminal as _, Write},
    path::PathBuf,
};

use common::event::STREAM;
use futures::TryStreamExt as _;

use crate::{
    entry::Entry,
    failure::{Failure, chain},
    log::Log,
    progress::Progress,
    record::Line,
    selection::{Entries, Selection},
    session::Session,
};

/// Write the log, or a selection of it, as JSON lines for `import`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compress with zstd (about tenfold)
    #[arg(long)]
    zstd: bool,
    /// Write into this file, which has its name only when it is complete [default: standard output]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
}

/// Batches that are serialised concurrently while reading.
const AHEAD: usize = 4;
/// zstd's default level.
const LEVEL: i32 = 3;

/// Runs the verb. An export has one format, whatever `-o` is.
pub async fn run(args: Args, session: &Session) -> Result<(), Failure> {
    let selection = args.selection.check()?;
    if args.zstd && args.file.is_none() && io::stdout().is_terminal() {
        return Err(Failure::usage(
            "--zstd writes binary data: redirect it to a file or a pipe",
        ));
    }
    let connection = session.connect().await?;
    let log = Log::open(&connection, STREAM).await?;
    let entries = selection.read(&log, false).await?;
    let mut progress = Progress::new("events", Some(log.head.saturating_sub(log.first) + 1));
    let Some(file) = &args.file else {
        return export(entries, io::stdout(), args.zstd, &log, &mut progress).await;
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut partial = file.clone().into_os_string();
    partial.push(".part");
    export(entries, File::create(&partial)?, args.zstd, &log, &mut progress).await?;
    Ok(fs::rename(partial, file)?)
}

async fn export(
    entries: Entries,
    out: impl Write,
    compress: bool,
    log: &Log,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let mut out = io::BufWriter::with_capacity(256 << 10, out);
    if compress {
        let mut encoder = zstd::Encoder::new(out, LEVEL)?;
        write(entries, &mut encoder, log, progress).await?;
        return Ok(encoder.finish()?.flush()?);
    }
    write(entries, &mut out, log, progress).await?;
    Ok(out.flush()?)
}

async fn write<W: Write>(
    entries: Entries,
    out: &mut W,
    log: &Log,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let batches = futures::stream::try_unfold(entries, async |mut entries| {
        let batch = entries.next_batch().await?;
        Ok::<_, Failure>(batch.map(|batch| (batch, entries)))
    });
    let mut texts = std::pin::pin!(batches.map_ok(lines).try_buffered(AHEAD));
    while let Some((last, text)) = texts.try_next().await? {
        out.write_all(&text)?;
        progress.at((last + 1).saturating_sub(log.first));
    }
    Ok(())
}

/// The last sequence of `batch` and its lines, serialised on another core.
async fn lines(batch: Vec<Entry>) -> Result<(u64, Vec<u8>), Failure> {
    let work = tokio::task::spawn_blocking(move || {
        let mut text = Vec::with_capacity(batch.iter().map(|entry| entry.payload.len() * 2 + 1024).sum());
        for entry in &batch {
            serde_json::to_writer(&mut text, &Line::from(entry)).map_err(io::Error::from)?;
            text.push(b'\n');
        }
        Ok((batch.last().map_or(0, |entry| entry.sequence), text))
    });
    work.await
        .map_err(|error| Failure::usage(format!("the export failed: {}", chain(&error))))?
}
