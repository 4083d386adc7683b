//! Resetting a durable consumer.
//!
//! It uses the server's own reset (NATS ADR-60, from 2.14), which changes only the consumer's position. Deleting and
//! recreating the consumer would race with its service, which also recreates it, at the log's beginning.

use async_nats::jetstream::{consumer::PullConsumer, context::ConsumerInfoErrorKind};
use common::event::STREAM;
use serde::Serialize;

use crate::{
    confirm::{self, print_aborted},
    connection::Connection,
    failure::{Failure, chain},
    output::Output,
};

#[derive(Serialize)]
struct Reset<'a> {
    consumer: &'a str,
    /// The sequence up to which everything was acknowledged.
    acknowledged_before: u64,
    /// The sequence from which it receives events again.
    from_sequence: u64,
    result: &'static str,
}

/// Resets the consumer `name` to `sequence`.
pub(super) async fn reset(
    connection: &Connection,
    name: &str,
    sequence: u64,
    confirm: confirm::Args,
    mut output: Output,
) -> Result<(), Failure> {
    let stream = connection.stream(STREAM).await?;
    let found = connection.allowed(stream.consumer_info(name)).await?;
    let info = found.map_err(|error| match error.kind() {
        ConsumerInfoErrorKind::NotFound => Failure::NotFound(format!("consumer {name} does not exist")),
        _ => Failure::Connection(format!("{name} cannot be inspected: {}", chain(&error))),
    })?;
    let before = info.ack_floor.stream_sequence;
    if before < sequence {
        return Err(Failure::usage(format!(
            "{name} has processed events only up to {before}: from {sequence} on it would miss events"
        )));
    }
    let question =
        format!("{name} has acknowledged everything up to {before}. Redeliver from {sequence} on?");
    let really = confirm.ask(&question)?;
    if really {
        let what = format!("{name} cannot be reset");
        let consumer = connection.allowed(stream.get_consumer(name)).await?;
        let mut consumer: PullConsumer =
            consumer.map_err(|error| Failure::Connection(format!("{what}: {error}")))?;
        connection
            .permitted(&what, consumer.reset(Some(sequence)))
            .await?;
    }
    let outcome = Reset {
        consumer: name,
        acknowledged_before: before,
        from_sequence: sequence,
        result: if really { "reset" } else { "would be reset" },
    };
    output.document(&outcome, |_| {
        format!("{name}: {} from {before} to {sequence}\n", outcome.result)
    })?;
    output.finish()?;
    if !really {
        print_aborted();
    }
    Ok(())
}
