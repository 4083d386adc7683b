//! Dead letters: what a consumer could not process, kept with the reason, so that the consumer can move on.

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use common::event::{DEAD_LETTER_SUBJECT_PREFIX, dead_letter_header};

use super::{Bus, PublishError};

/// With headers of its own a dead letter must still fit the bus's limit of 1 MiB.
const MAX_BODY: usize = 1_000_000;
/// Reasons are for people; a longer one is cut.
const MAX_REASON: usize = 1000;

/// A message that could not be processed.
#[derive(Debug)]
pub struct DeadLetter<'a> {
    /// The consumer that gives up.
    pub consumer: &'a str,
    /// The message as it was received.
    pub message: &'a Message,
    /// Its sequence in the log.
    pub sequence: u64,
    /// How often it was tried.
    pub attempts: u64,
    /// Why it failed, with the chain of causes.
    pub reason: String,
}

impl Bus {
    /// Files `letter`; the same letter twice within the duplicate window is filed once.
    ///
    /// # Errors
    /// If it was not acknowledged: then the message must not be passed over.
    pub(super) async fn dead_letter(&self, letter: &DeadLetter<'_>) -> Result<(), PublishError> {
        use dead_letter_header as header;
        let mut headers = HeaderMap::new();
        for (name, values) in letter.message.headers.iter().flat_map(HeaderMap::iter) {
            // The log's own control headers would be obeyed again here.
            if !name.to_string().starts_with("Nats-") {
                for value in values {
                    headers.append(name.clone(), value.clone());
                }
            }
        }
        let reason: String = letter
            .reason
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(MAX_REASON)
            .collect();
        headers.insert(header::CONSUMER, letter.consumer);
        headers.insert(header::REASON, reason.as_str());
        headers.insert(header::SUBJECT, letter.message.subject.as_str());
        headers.insert(header::SEQUENCE, letter.sequence.to_string());
        headers.insert(header::ATTEMPTS, letter.attempts.to_string());
        // The subject too: in a log that was rebuilt the same sequence is another message.
        let id = format!(
            "{}:{}:{}",
            letter.consumer, letter.sequence, letter.message.subject
        );
        headers.insert("Nats-Msg-Id", id);
        let fits = letter.message.payload.len() <= MAX_BODY;
        if !fits {
            headers.insert(header::TRUNCATED, "true");
        }
        let payload = if fits {
            letter.message.payload.clone()
        } else {
            Bytes::new()
        };
        let subject = format!("{DEAD_LETTER_SUBJECT_PREFIX}.{}", letter.consumer);
        let failed = |source| PublishError::NotAcknowledged {
            subject: subject.clone(),
            source,
        };
        self.jetstream
            .publish_with_headers(subject.clone(), headers, payload)
            .await
            .map_err(failed)?
            .await
            .map_err(failed)?;
        metrics::counter!("dead_letters_total", "consumer" => letter.consumer.to_owned()).increment(1);
        tracing::error!(
            consumer = letter.consumer,
            subject = %letter.message.subject,
            sequence = letter.sequence,
            attempts = letter.attempts,
            reason,
            "dead letter"
        );
        Ok(())
    }
}
