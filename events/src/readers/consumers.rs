//! Durable consumers by their state on the server. Reading the state does not affect them.

use async_nats::jetstream::{consumer::Info, stream::Stream};
use futures::TryStreamExt as _;

use super::reader::{Kind, Reader, State, age, owner, timestamp, waiting_since};
use crate::{connection::Connection, failure::Failure};

/// Every durable consumer of the log.
pub(super) async fn all(connection: &Connection, log: &Stream) -> Result<Vec<Reader>, Failure> {
    let infos = connection.permitted(
        "the consumers cannot be listed",
        log.consumers().try_collect::<Vec<Info>>(),
    );
    let mut readers = Vec::new();
    for info in infos.await? {
        if info.config.durable_name.is_some() {
            readers.push(reader(connection, log, info).await?);
        }
    }
    Ok(readers)
}

async fn reader(connection: &Connection, log: &Stream, info: Info) -> Result<Reader, Failure> {
    let subjects = match info.config.filter_subject.as_str() {
        "" => info.config.filter_subjects.clone(),
        subject => vec![subject.to_owned()],
    };
    // Events without acknowledgement are not processed.
    let done = info.ack_floor.stream_sequence;
    let lag_events = info.num_pending + info.num_ack_pending as u64;
    let since = match lag_events {
        0 => None,
        _ => waiting_since(connection, log, &subjects, done).await?,
    };
    Ok(Reader {
        service: owner(&info.name, Kind::Consumer),
        name: info.name,
        kind: Kind::Consumer,
        state: State::Ok,
        sequence: Some(done),
        lag_events: Some(lag_events),
        lag_seconds: Some(since.map_or(0.0, |since| age(since).as_secs_f64())),
        unacknowledged: Some(info.num_ack_pending),
        redelivered: Some(info.num_redelivered),
        subjects,
        done: info.ack_floor.consumer_sequence,
        active_at: [info.delivered.last_active, info.ack_floor.last_active]
            .into_iter()
            .flatten()
            .max()
            .map(timestamp),
    })
}
