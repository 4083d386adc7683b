//! Setting a durable consumer back.
//!
//! By the server's own reset (NATS ADR-60, from 2.14), which changes nothing but how far the consumer has come. To delete
//! it and make it anew would race with its service, which makes it anew too, and from the log's beginning.

use async_nats::jetstream::{consumer::PullConsumer, context::ConsumerInfoErrorKind};
use common::event::STREAM;
use serde::Serialize;

use crate::{
    connection::Connection,
    consent::{self, say_that_nothing_was_done},
    failure::{Failure, chain},
    output::Output,
};

#[derive(Serialize)]
struct SetBack<'a> {
    consumer: &'a str,
    /// All up to here was acknowledged before.
    acknowledged_before: u64,
    /// It gets what it consumes from here on.
    from_sequence: u64,
    result: &'static str,
}

/// Sets the consumer `name` back, or ahead, to `sequence`.
pub(super) async fn set_back(
    connection: &Connection,
    name: &str,
    sequence: u64,
    consent: consent::Args,
    mut output: Output,
) -> Result<(), Failure> {
    let stream = connection.stream(STREAM).await?;
    let found = connection.allowed(stream.consumer_info(name)).await?;
    let info = found.map_err(|error| match error.kind() {
        ConsumerInfoErrorKind::NotFound => Failure::NotFound(format!("there is no consumer {name}")),
        _ => Failure::Connection(format!("{name} cannot be looked at: {}", chain(&error))),
    })?;
    let before = info.ack_floor.stream_sequence;
    if before < sequence {
        return Err(Failure::usage(format!(
            "{name} has come only to {before}: from {sequence} on it would miss events"
        )));
    }
    let question =
        format!("{name} has acknowledged all up to {before}. Give it all from {sequence} on again?");
    let really = consent.to(&question)?;
    if really {
        let what = format!("{name} cannot be set back");
        let consumer = connection.allowed(stream.get_consumer(name)).await?;
        let mut consumer: PullConsumer =
            consumer.map_err(|error| Failure::Connection(format!("{what}: {error}")))?;
        connection
            .permitted(&what, consumer.reset(Some(sequence)))
            .await?;
    }
    let said = SetBack {
        consumer: name,
        acknowledged_before: before,
        from_sequence: sequence,
        result: if really { "set back" } else { "would be set back" },
    };
    output.document(&said, |_| {
        format!("{name}: {} from {before} to {sequence}\n", said.result)
    })?;
    output.finish()?;
    if !really {
        say_that_nothing_was_done();
    }
    Ok(())
}
