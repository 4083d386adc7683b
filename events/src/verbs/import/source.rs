//! Reading an export: lines from a file or a pipe, compressed or not, as batches in order.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use common::event::{SUBJECT_PREFIX, header};
use tokio::sync::mpsc;

use crate::{
    failure::Failure,
    record::{Message, Record},
};

/// The most messages of a batch; the server accepts up to 1,000.
const MAX_MESSAGES: usize = 500;
/// The most bytes of a batch, unless a single message is larger.
const MAX_BYTES: usize = 2 << 20;
/// Batches that are read ahead.
const AHEAD: usize = 4;
/// The magic number of a zstd frame (RFC 8878, section 3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A message of the export.
#[derive(Debug)]
pub(super) struct Item {
    /// Its line number, from 1.
    pub(super) line: u64,
    /// Its sequence in the exported log, if present.
    pub(super) sequence: Option<u64>,
    /// The message.
    pub(super) message: Message,
    /// Its size in bytes.
    pub(super) size: usize,
}

/// Reads an export on a thread of its own.
#[derive(Debug)]
pub(super) struct Source {
    batches: mpsc::Receiver<Result<Vec<Item>, Failure>>,
}

impl Source {
    /// Opens the file, or standard input.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let input: Box<dyn Read + Send> = match path {
            None => Box::new(io::stdin()),
            Some(path) => {
                let shown = path.display();
                let file = File::open(path)
                    .map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}")))?;
                Box::new(file)
            }
        };
        let (sender, batches) = mpsc::channel(AHEAD);
        std::thread::spawn(move || {
            let outcome = decompressed(input).map_err(|error| unreadable(0, &error));
            if let Err(failure) = outcome.and_then(|input| read(input, &sender)) {
                // A receiver that was dropped has failed already.
                let _ = sender.blocking_send(Err(failure));
            }
        });
        Ok(Self { batches })
    }

    /// The next messages that fit into one batch.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Item>>, Failure> {
        self.batches.recv().await.transpose()
    }
}

fn unreadable(line: u64, error: &io::Error) -> Failure {
    Failure::usage(format!("the export cannot be read after line {line}: {error}"))
}

fn decompressed(mut input: Box<dyn Read + Send>) -> io::Result<Box<dyn BufRead>> {
    let mut beginning = Vec::new();
    input.by_ref().take(4).read_to_end(&mut beginning)?;
    let is_zstd = beginning == ZSTD_MAGIC;
    let input = io::Cursor::new(beginning).chain(input);
    if is_zstd {
        let decoder = zstd::Decoder::new(input)?;
        return Ok(Box::new(BufReader::with_capacity(256 << 10, decoder)));
    }
    Ok(Box::new(BufReader::with_capacity(256 << 10, input)))
}

/// A batch under construction.
#[derive(Default)]
struct Growing {
    items: Vec<Item>,
    bytes: usize,
    ids: HashSet<String>,
}

impl Growing {
    /// Whether `item` fits. The server refuses a batch in which an id occurs twice.
    fn has_room_for(&self, item: &Item) -> bool {
        self.items.is_empty()
            || self.items.len() < MAX_MESSAGES
                && self.bytes + item.size <= MAX_BYTES
                && !id(item).is_some_and(|id| self.ids.contains(id))
    }

    fn push(&mut self, item: Item) {
        self.bytes += item.size;
        self.ids.extend(id(&item).map(str::to_owned));
        self.items.push(item);
    }
}

fn id(item: &Item) -> Option<&str> {
    Some(item.message.headers.get(header::MESSAGE_ID)?.as_str())
}

fn read(
    mut input: Box<dyn BufRead>,
    sender: &mpsc::Sender<Result<Vec<Item>, Failure>>,
) -> Result<(), Failure> {
    let mut batch = Growing::default();
    let (mut line, mut text) = (0, Vec::new());
    loop {
        text.clear();
        let length = input
            .read_until(b'\n', &mut text)
            .map_err(|error| unreadable(line, &error))?;
        line += 1;
        if length == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let item = item(line, &text).map_err(|why| Failure::usage(format!("line {line}: {why}")))?;
        if !batch.has_room_for(&item) {
            let full = std::mem::take(&mut batch);
            if sender.blocking_send(Ok(full.items)).is_err() {
                return Ok(());
            }
        }
        batch.push(item);
    }
    if !batch.items.is_empty() {
        let _ = sender.blocking_send(Ok(batch.items));
    }
    Ok(())
}

fn item(line: u64, text: &[u8]) -> Result<Item, String> {
    let record: Record =
        serde_json::from_slice(text).map_err(|error| format!("not a line of an export: {error}"))?;
    let sequence = record.sequence;
    let message = record.message()?;
    let is_event = message
        .subject
        .strip_prefix(SUBJECT_PREFIX)
        .is_some_and(|rest| rest.starts_with('.'));
    if !is_event {
        let subject = message.subject;
        return Err(format!("`{subject}` is not a subject of the log"));
    }
    Ok(Item {
        line,
        sequence,
        size: message.size(),
        message,
    })
}
