//! Projections by the checkpoints that they publish on the bus; the originals are in their own databases.

use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
use common::event::topology::{CHECKPOINTS_BUCKET, CheckpointNote};

use super::reader::{Kind, Reader, State, age, owner, waiting_since};
use crate::{
    connection::Connection,
    failure::{Failure, warn},
};

/// An undeclared projection, such as a rebuild, is shown only if its checkpoint is newer than this.
const UNDECLARED_MAX_AGE: std::time::Duration = std::time::Duration::from_secs(60);

/// Every projection with a published checkpoint.
pub(super) async fn all(connection: &Connection, log: &Stream) -> Result<Vec<Reader>, Failure> {
    let mut readers = Vec::new();
    for (name, note) in notes(connection).await? {
        let service = owner(&name, Kind::Projection);
        if service.is_some() || age(note.at) < UNDECLARED_MAX_AGE {
            readers.push(reader(connection, log, name, &note).await?);
        }
    }
    Ok(readers)
}

async fn notes(connection: &Connection) -> Result<Vec<(String, CheckpointNote)>, Failure> {
    let prefix = format!("$KV.{CHECKPOINTS_BUCKET}.");
    let bucket = match connection.stream(&format!("KV_{CHECKPOINTS_BUCKET}")).await {
        // An older release created no bucket.
        Err(Failure::NotFound(_)) => return Ok(Vec::new()),
        bucket => bucket?,
    };
    let (mut notes, mut next) = (Vec::new(), 1);
    loop {
        let found = bucket.direct_get_next_for_subject(format!("{prefix}>"), Some(next));
        let message = match connection.allowed(found).await? {
            Ok(message) => message,
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => return Ok(notes),
            Err(error) => return Err(Failure::connection("the checkpoints cannot be read", &error)),
        };
        next = message.sequence + 1;
        let Some(name) = message.subject.strip_prefix(&prefix) else {
            continue;
        };
        match serde_json::from_slice(&message.payload) {
            Ok(note) => notes.push((name.to_owned(), note)),
            // Deleted by an operator.
            Err(_) if message.payload.is_empty() => {}
            Err(error) => warn(&format!("the checkpoint of {name} cannot be read: {error}")),
        }
    }
}

async fn reader(
    connection: &Connection,
    log: &Stream,
    name: String,
    note: &CheckpointNote,
) -> Result<Reader, Failure> {
    let info = log.cached_info();
    let same_log = info.created.to_string() == note.log_created;
    let done = if same_log { note.sequence } else { 0 };
    // Events below the first sequence are deleted.
    let before = info.state.first_sequence.saturating_sub(1).max(done);
    let lag_events = info.state.last_sequence.saturating_sub(before);
    let since = match lag_events {
        0 => None,
        _ => waiting_since(connection, log, &[], done).await?,
    };
    Ok(Reader {
        service: owner(&name, Kind::Projection),
        name,
        kind: Kind::Projection,
        state: if same_log { State::Ok } else { State::OtherLog },
        sequence: Some(note.sequence),
        lag_events: Some(lag_events),
        lag_seconds: Some(since.map_or(0.0, |since| age(since).as_secs_f64())),
        unacknowledged: None,
        redelivered: None,
        subjects: Vec::new(),
        active_at: Some(note.at),
        done: note.sequence,
    })
}
