//! Audit events for operations on dead letters.

use std::env;

use async_nats::HeaderMap;
use common::{
    event::{
        DEAD_LETTER_STREAM, DeadLetterFact, DeadLetterState, Envelope, Event, Timestamp, encode, topology,
    },
    ids::EventId,
};

use super::dead_letter::DeadLetter;
use crate::{
    connection::Connection,
    failure::{Failure, chain},
    record::Message,
};

/// The operator and the reason.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Record")]
#[group(skip)]
pub(super) struct Args {
    /// The operator's name in the audit event [default: $USER]
    #[arg(long = "as", value_name = "NAME")]
    operator: Option<String>,
    /// The reason in the audit event
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// The validated operator and reason.
#[derive(Debug, Clone)]
pub(super) struct Operator {
    name: String,
    note: Option<String>,
}

impl Args {
    /// Validates the operator's name.
    pub(super) fn operator(self) -> Result<Operator, Failure> {
        let name = self.operator.or_else(|| env::var("USER").ok());
        let name = name.filter(|name| !name.trim().is_empty());
        Ok(Operator {
            name: name.ok_or_else(|| Failure::usage("the operator's name is required: --as NAME"))?,
            note: self.note,
        })
    }
}

impl Operator {
    /// Whether a reason is given.
    pub(super) fn has_note(&self) -> bool {
        self.note.is_some()
    }

    /// Publishes an audit event for `letter`, and removes it from the dead letters. If repeated after an interruption,
    /// the audit event has the same id.
    pub(super) async fn close(
        &self,
        connection: &Connection,
        letter: &DeadLetter,
        fact: DeadLetterFact,
        repaired_by: Option<EventId>,
    ) -> Result<(), Failure> {
        publish(connection, self.record(letter, fact, repaired_by)?).await?;
        let stream = connection.stream(DEAD_LETTER_STREAM).await?;
        let number = letter.number();
        match connection.allowed(stream.delete_message(number)).await? {
            Ok(_) => Ok(()),
            // Already removed by another operator.
            Err(error) if chain(&error).contains("no message found") => Ok(()),
            Err(error) => Err(Failure::connection(
                &format!("dead letter {number} cannot be removed"),
                &error,
            )),
        }
    }

    fn record(
        &self,
        letter: &DeadLetter,
        fact: DeadLetterFact,
        repaired_by: Option<EventId>,
    ) -> Result<Message, Failure> {
        let at = Timestamp::now();
        let state = DeadLetterState {
            id: letter.id(),
            consumer: letter.consumer.clone(),
            subject: letter.subject.clone(),
            sequence: letter.sequence,
            event_id: letter.event_id(),
            repaired_by,
            reason: letter.reason.clone(),
            note: self.note.clone(),
            actor: self.name.clone(),
            at,
        };
        let envelope = Envelope {
            id: letter.event_id_of(fact.type_name()),
            service: topology::OPERATIONS.to_owned(),
            time: at,
            aggregate_version: 1,
            correlation_id: letter.id().to_string(),
            causation_id: letter.event_id(),
            actor: format!("operator:{}", self.name),
            traceparent: None,
        };
        let wire = encode(&envelope, &Event::DeadLetter(fact, state))
            .map_err(|error| Failure::usage(format!("the record cannot be written: {}", chain(&error))))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &wire.headers {
            headers.insert(name.as_str(), value.as_str());
        }
        Ok(Message {
            subject: wire.subject,
            headers,
            payload: wire.payload,
        })
    }
}

/// Publishes to the log and returns the sequence. A message whose id is in the duplicate window is stored already.
pub(super) async fn publish(connection: &Connection, message: Message) -> Result<u64, Failure> {
    let what = format!("the log did not store {}", message.subject);
    let sent = async {
        let jetstream = &connection.jetstream;
        let ack = jetstream.publish_with_headers(message.subject, message.headers, message.payload);
        ack.await?.await
    };
    Ok(connection.permitted(&what, sent).await?.sequence)
}
