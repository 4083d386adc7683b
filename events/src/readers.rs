//! The readers of the log and their positions: durable consumers by their state on the server, projections by the
//! checkpoints that they publish.

mod consumers;
mod projections;
mod reader;

use common::event::{STREAM, topology::SERVICES};

pub use self::reader::{Kind, Reader, State};
use crate::{connection::Connection, failure::Failure};

/// Every reader: first the declared ones in the order of their services, then undeclared ones.
///
/// # Errors
/// If the log does not exist or cannot be inspected, or the server is unavailable.
pub async fn all(connection: &Connection) -> Result<Vec<Reader>, Failure> {
    let log = connection.stream(STREAM).await?;
    let mut found = consumers::all(connection, &log).await?;
    found.extend(projections::all(connection, &log).await?);
    let mut readers = Vec::new();
    for service in SERVICES {
        let consumers = service
            .consumers
            .iter()
            .map(|consumer| (consumer.name, Kind::Consumer));
        let projection = service.projection.map(|name| (name, Kind::Projection));
        for (name, kind) in consumers.chain(projection) {
            let place = found
                .iter()
                .position(|reader| reader.name == name && reader.kind == kind);
            let mut reader = match place {
                Some(place) => found.swap_remove(place),
                None => Reader::missing(name, kind, service.name),
            };
            if kind == Kind::Consumer && reader.subjects.is_empty() {
                reader.subjects = declared_subjects(name);
            }
            readers.push(reader);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    readers.extend(found);
    Ok(readers)
}

fn declared_subjects(name: &str) -> Vec<String> {
    let consumers = SERVICES.iter().flat_map(|service| service.consumers);
    let found = consumers.filter(|consumer| consumer.name == name);
    found.map(|consumer| consumer.filter_subject.to_owned()).collect()
}
