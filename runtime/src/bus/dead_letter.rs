//! Dead letters: messages that a consumer could not process, stored with the reason, so that the consumer can continue.

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use common::event::{DEAD_LETTER_SUBJECT_PREFIX, dead_letter_header};

use super::{Bus, PublishError};

/// With headers of its own a dead letter must still fit the bus's limit of 1 MiB.
const MAX_BODY: usize = 1_000_000;
/// The maximum length of a reason; a longer one is truncated.
const MAX_REASON: usize = 1000;

/// A message that could not be processed.
#[derive(Debug)]
pub struct DeadLetter<'a> {
    /// The consumer that failed.
    pub consumer: &'a str,
    /// The message as it was received.
    pub message: &'a Message,
    /// Its sequence in the log.
    pub sequence: u64,
    /// The number of attempts.
    pub attempts: u64,
    /// Why it failed, with the chain of causes.
    pub reason: String,
}

impl Bus {
    /// Files `letter`; the same letter twice within the duplicate window is filed once.
    ///
    /// # Errors
    /// If it was not acknowledged: then the message must not be acknowledged either.
    pub(super) async fn dead_letter(&self, letter: &DeadLetter<'_>) -> Result<(), PublishError> {
        use dead_letter_header as header;
        let mut headers = HeaderMap::new();
        for (name, values) in letter.message.headers.iter().flat_map(HeaderMap::iter) {
            // JetStream would apply the log's control headers again.
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
        // With the subject, because in a rebuilt log the same sequence is another message.
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
