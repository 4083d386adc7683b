//! Reading an export: lines of a file or of standard input.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use common::event::Timestamp;
use tokio::sync::mpsc;

use crate::{entry::Entry, failure::Failure, record::Record};

/// Lines per batch.
const BATCH: usize = 256;
/// Batches that are read ahead.
const AHEAD: usize = 4;
/// The longest line of a message: the bus accepts 1 MiB, which JSON expands at most sixfold.
const MAX_LINE: u64 = 8 << 20;

/// A line.
#[derive(Debug)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    text: Vec<u8>,
}

/// Reads lines on its own thread, so that Ctrl-C ends a run that waits for input.
#[derive(Debug)]
pub(super) struct Lines {
    batches: mpsc::Receiver<io::Result<Vec<Line>>>,
}

impl Lines {
    /// Opens the file; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let input: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = File::open(path)
                .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
            Box::new(file)
        };
        let (sender, batches) = mpsc::channel(AHEAD);
        std::thread::spawn(move || {
            if let Err(error) = read(BufReader::with_capacity(256 << 10, input), &sender) {
                // A receiver that was dropped has failed already.
                let _ = sender.blocking_send(Err(error));
            }
        });
        Ok(Self { batches })
    }

    /// The next non-empty lines.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Line>>, Failure> {
        let batch = self.batches.recv().await.transpose();
        batch.map_err(|error| Failure::usage(format!("the export cannot be read: {error}")))
    }
}

fn read(mut input: impl BufRead, sender: &mpsc::Sender<io::Result<Vec<Line>>>) -> io::Result<()> {
    let (mut batch, mut number) = (Vec::new(), 0);
    loop {
        let mut text = Vec::new();
        let length = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut text)?;
        if length as u64 == MAX_LINE {
            input.skip_until(b'\n')?;
        }
        number += 1;
        if !text.trim_ascii().is_empty() {
            batch.push(Line { number, text });
        }
        if batch.len() == BATCH || length == 0 {
            let is_last = length == 0;
            if sender.blocking_send(Ok(std::mem::take(&mut batch))).is_err() || is_last {
                return Ok(());
            }
        }
    }
}

/// The message of a line.
pub(super) fn entry(line: &Line) -> Result<Entry, String> {
    let record: Record = serde_json::from_slice(&line.text).map_err(|error| error.to_string())?;
    let sequence = record.sequence.unwrap_or(0);
    let message = record.message()?;
    Ok(Entry {
        sequence,
        // Not used by the checks.
        stored_at: Timestamp::now(),
        subject: message.subject.into(),
        headers: message.headers,
        payload: message.payload,
    })
}
