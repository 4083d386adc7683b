//! A dead letter: a message of the log, wrapped with the consumer that failed to process it and the reason.

use async_nats::HeaderMap;
use common::{
    event::{Timestamp, dead_letter_header as dead, header},
    ids::{DeadLetterId, EventId},
};
use uuid::Uuid;

use crate::{entry::Entry, failure::Failure, log::Log};

/// The namespace of ids derived from a dead letter: its own, and those of the events about it. It must never change, so
/// that repeated operations have the same ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x0f5b_86a4_3c0e_4b6e_8a57_5c1e_d15c_a2d1);

/// A dead letter.
#[derive(Debug, Clone)]
pub(super) struct DeadLetter {
    /// The message in the dead-letter stream.
    pub(super) entry: Entry,
    /// The consumer that failed to process it.
    pub(super) consumer: String,
    /// The reason.
    pub(super) reason: String,
    /// Its subject in the log.
    pub(super) subject: String,
    /// Its sequence in the log.
    pub(super) sequence: u64,
    /// The number of attempts.
    pub(super) attempts: u64,
    /// Whether its body was too large to be wrapped.
    pub(super) truncated: bool,
}

/// Whether the log has the original message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum InLog {
    /// The log still has it at its sequence.
    There,
    /// It was deleted, or the log was truncated.
    Gone,
    /// Another message has its sequence: the log was recreated.
    Replaced,
}

impl DeadLetter {
    /// Reads `entry` of the dead-letter stream.
    pub(super) fn of(entry: Entry) -> Self {
        let text = |name: &str| entry.header(name).map(std::borrow::Cow::into_owned);
        let number = |name: &str| text(name).and_then(|text| text.parse().ok());
        let by_subject = || entry.subject.rsplit('.').next().unwrap_or_default().to_owned();
        Self {
            consumer: text(dead::CONSUMER).unwrap_or_else(by_subject),
            reason: text(dead::REASON).unwrap_or_default(),
            subject: text(dead::SUBJECT).unwrap_or_default(),
            sequence: number(dead::SEQUENCE).unwrap_or(0),
            attempts: number(dead::ATTEMPTS).unwrap_or(0),
            truncated: text(dead::TRUNCATED).is_some_and(|text| text == "true"),
            entry,
        }
    }

    /// Its sequence in the dead-letter stream, which identifies it on the command line.
    pub(super) fn number(&self) -> u64 {
        self.entry.sequence
    }

    /// When it was filed.
    pub(super) fn filed_at(&self) -> Timestamp {
        self.entry.stored_at
    }

    /// The id of the wrapped event, if it has one.
    pub(super) fn event_id(&self) -> Option<EventId> {
        self.entry.header(header::ID)?.parse().ok()
    }

    /// Its own, deterministic id.
    pub(super) fn id(&self) -> DeadLetterId {
        DeadLetterId::from_uuid(self.derived("letter"))
    }

    /// The deterministic id of an event about it, for the purpose `what`.
    pub(super) fn event_id_of(&self, what: &str) -> EventId {
        EventId::from_uuid(self.derived(what))
    }

    fn derived(&self, what: &str) -> Uuid {
        let Self {
            consumer,
            sequence,
            subject,
            ..
        } = self;
        let name = format!("{what}/{consumer}/{sequence}/{subject}/{}", self.filed_at());
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// The wrapped message as in the log; its body is empty if it was too large.
    pub(super) fn wrapped(&self) -> Entry {
        let mut headers = HeaderMap::new();
        for (name, values) in self.entry.headers.iter() {
            let text: &str = name.as_ref();
            if !text.starts_with("Inkstream-") && !text.starts_with("Nats-") {
                for value in values {
                    headers.append(name.clone(), value.clone());
                }
            }
        }
        Entry {
            sequence: self.sequence,
            stored_at: self.filed_at(),
            subject: self.subject.as_str().into(),
            headers,
            payload: self.entry.payload.clone(),
        }
    }

    /// The message with its whole body, and whether the log has it. The body of a large message is only in the log;
    /// `None` if it no longer is.
    pub(super) async fn message(&self, log: Option<&Log>) -> Result<(Option<Entry>, InLog), Failure> {
        let wrapped = self.wrapped();
        let stored = match log {
            Some(log) => log.get(self.sequence).await?,
            None => None,
        };
        let Some(stored) = stored else {
            return Ok(((!self.truncated).then_some(wrapped), InLog::Gone));
        };
        let is_same = stored.subject == wrapped.subject
            && stored.id() == wrapped.id()
            && (self.truncated || stored.payload == wrapped.payload);
        let in_log = if is_same { InLog::There } else { InLog::Replaced };
        if !self.truncated {
            return Ok((Some(wrapped), in_log));
        }
        let whole = Entry {
            payload: stored.payload,
            ..wrapped
        };
        Ok((is_same.then_some(whole), in_log))
    }
}
