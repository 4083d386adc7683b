//! Publishing in atomic batches (NATS ADR-50), several in flight at a time, in order.
//!
//! A batch states the expected last sequence of the log, which keeps the order if one is refused, and detects another
//! publisher.

use std::{collections::VecDeque, time::Duration};

use async_nats::{
    Subscriber,
    jetstream::{ErrorCode, response::Response, stream::Config},
};
use common::event::{STREAM, topology};
use futures::StreamExt as _;
use serde::Deserialize;

use super::source::Item;
use crate::{
    connection::Connection,
    failure::{Failure, chain},
};

/// Batches in flight.
const WINDOW: usize = 4;
/// The timeout of storing a batch.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes that a batch adds to the headers of a message.
const BATCH_HEADERS: usize = 256;
/// The shortest duplicate window that the server accepts.
const NARROW: Duration = Duration::from_millis(100);
/// The attempts for an id within the duplicate window.
const ATTEMPTS: u32 = 50;

const WRONG_LAST_SEQUENCE: ErrorCode = ErrorCode::STREAM_WRONG_LAST_SEQUENCE;
const DUPLICATE: ErrorCode = ErrorCode::ATOMIC_PUBLISH_CONTAINS_DUPLICATE_MESSAGE;

/// The publisher of an import.
pub(super) struct Publisher {
    connection: Connection,
    inbox: String,
    replies: Subscriber,
    under_way: VecDeque<Batch>,
    /// The sequence of the next message.
    next: u64,
    /// The sequence up to which everything is stored.
    stored: u64,
    /// The log's configuration before its duplicate window was narrowed.
    before: Option<Config>,
}

struct Batch {
    first: u64,
    items: Vec<Item>,
}

impl Batch {
    fn lines(&self) -> String {
        match (self.items.first(), self.items.last()) {
            (Some(first), Some(last)) => format!("lines {} to {}", first.line, last.line),
            _ => "no lines".to_owned(),
        }
    }
}

#[derive(Deserialize)]
struct BatchAck {
    #[serde(default)]
    count: usize,
    #[serde(default)]
    seq: u64,
}

impl Publisher {
    /// Creates a publisher that appends after `head`.
    pub(super) async fn open(connection: &Connection, head: u64) -> Result<Self, Failure> {
        let inbox = connection.client.new_inbox();
        let subscription = connection.client.subscribe(format!("{inbox}.*"));
        let what = "the server's responses cannot be received";
        Ok(Self {
            replies: connection.permitted(what, subscription).await?,
            connection: connection.clone(),
            inbox,
            under_way: VecDeque::new(),
            next: head + 1,
            stored: head,
            before: None,
        })
    }

    /// The sequence up to which everything is stored.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    /// The sequence of the next message.
    pub(super) fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Publishes `items`; earlier ones may still be in flight.
    pub(super) async fn put(&mut self, items: Vec<Item>) -> Result<(), Failure> {
        let limit = self.connection.client.server_info().max_payload;
        let is_large = |item: &Item| item.size + BATCH_HEADERS > limit;
        if !items.iter().any(is_large) {
            return self.put_batch(items).await;
        }
        let mut few = Vec::new();
        for item in items {
            if is_large(&item) {
                self.put_batch(std::mem::take(&mut few)).await?;
                self.put_alone(&item).await?;
            } else {
                few.push(item);
            }
        }
        self.put_batch(few).await
    }

    /// Waits until everything is stored.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        while !self.under_way.is_empty() {
            self.settle().await?;
        }
        Ok(())
    }

    /// Restores the log's duplicate window.
    pub(super) async fn restore(&mut self) -> Result<(), Failure> {
        let Some(mut config) = self.before.take() else {
            return Ok(());
        };
        // A killed import may have left it narrow.
        if config.duplicate_window <= NARROW {
            config.duplicate_window = topology::LOG.duplicate_window;
        }
        let update = self.connection.jetstream.update_stream(config);
        let what = "the log's duplicate window cannot be restored; provisioning does so";
        self.connection.permitted(what, update).await.map(drop)
    }

    async fn put_batch(&mut self, items: Vec<Item>) -> Result<(), Failure> {
        if items.is_empty() {
            return Ok(());
        }
        if self.under_way.len() >= WINDOW {
            self.settle().await?;
        }
        let first = self.next;
        self.next += items.len() as u64;
        let batch = Batch { first, items };
        self.send(&batch).await?;
        self.under_way.push_back(batch);
        Ok(())
    }

    async fn send(&self, batch: &Batch) -> Result<(), Failure> {
        let client = &self.connection.client;
        let id = uuid::Uuid::now_v7().simple().to_string();
        for (index, item) in batch.items.iter().enumerate() {
            let mut headers = item.message.headers.clone();
            headers.insert("Nats-Batch-Id", id.as_str());
            headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
            if index == 0 {
                headers.insert("Nats-Expected-Last-Sequence", (batch.first - 1).to_string());
            }
            let (subject, payload) = (item.message.subject.clone(), item.message.payload.clone());
            let what = "the log cannot be written";
            if index + 1 == batch.items.len() {
                headers.insert("Nats-Batch-Commit", "1");
                let reply = format!("{}.{}", self.inbox, batch.first);
                let sent = client.publish_with_reply_and_headers(subject, reply, headers, payload);
                self.connection.permitted(what, sent).await?;
            } else {
                let sent = client.publish_with_headers(subject, headers, payload);
                self.connection.permitted(what, sent).await?;
            }
        }
        Ok(())
    }

    /// Waits for the oldest batch in flight.
    async fn settle(&mut self) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            let Some(batch) = self.under_way.front() else {
                return Ok(());
            };
            let (first, count) = (batch.first, batch.items.len());
            let lines = batch.lines();
            let error = match self.answer(first).await? {
                Response::Ok(ack) if ack.count == count && ack.seq + 1 == first + count as u64 => {
                    self.stored = ack.seq;
                    self.under_way.pop_front();
                    return Ok(());
                }
                Response::Ok(ack) => {
                    let last = ack.seq;
                    let what = format!("{lines} were stored up to sequence {last}, which was not expected");
                    return Err(Failure::Connection(what));
                }
                Response::Err { error } => error,
            };
            if error.error_code() != DUPLICATE {
                return Err(refused(&lines, &error));
            }
            // The batches after it are refused, too.
            let behind: Vec<u64> = self.under_way.iter().skip(1).map(|batch| batch.first).collect();
            for first in behind {
                self.answer(first).await?;
            }
            self.narrow_duplicate_window().await?;
            for batch in &self.under_way {
                self.send(batch).await?;
            }
        }
        Err(Failure::Connection(
            "the server keeps treating a repeated id as a duplicate message".to_owned(),
        ))
    }

    /// The server's response to the batch that begins at `first`.
    async fn answer(&mut self, first: u64) -> Result<Response<BatchAck>, Failure> {
        let subject = format!("{}.{first}", self.inbox);
        let stored = self.stored;
        let answer = async {
            while let Some(reply) = self.replies.next().await {
                if reply.subject.as_str() == subject {
                    return Some(reply);
                }
            }
            None
        };
        let answer = self
            .connection
            .allowed(tokio::time::timeout(TIMEOUT, answer))
            .await?;
        let Ok(Some(reply)) = answer else {
            return Err(Failure::Connection(format!(
                "the server does not respond; {stored} messages are stored, --resume continues after them"
            )));
        };
        if reply
            .status
            .is_some_and(|status| status == async_nats::StatusCode::NO_RESPONDERS)
        {
            return Err(Failure::NotFound(format!(
                "no stream stores the subjects of {STREAM}"
            )));
        }
        serde_json::from_slice(&reply.payload)
            .map_err(|error| Failure::connection("the server's response cannot be read", &error))
    }

    /// Publishes a message that is too large for the headers of a batch.
    async fn put_alone(&mut self, item: &Item) -> Result<(), Failure> {
        self.finish().await?;
        for _ in 0..ATTEMPTS {
            let message = &item.message;
            let jetstream = &self.connection.jetstream;
            let sent = async {
                jetstream
                    .publish_with_headers(
                        message.subject.clone(),
                        message.headers.clone(),
                        message.payload.clone(),
                    )
                    .await?
                    .await
            };
            let line = item.line;
            let ack = self
                .connection
                .permitted(&format!("line {line} was not stored"), sent)
                .await?;
            if ack.duplicate {
                self.narrow_duplicate_window().await?;
                continue;
            }
            if ack.sequence != self.next {
                return Err(another_publisher());
            }
            self.stored = self.next;
            self.next += 1;
            return Ok(());
        }
        Err(Failure::Connection(format!(
            "line {} is treated as a duplicate message",
            item.line
        )))
    }

    /// Narrows the duplicate window. Its usual two minutes are far longer than the time between two messages of an
    /// import that rightly have the same id, such as those of a resync.
    async fn narrow_duplicate_window(&mut self) -> Result<(), Failure> {
        if self.before.is_none() {
            let stream = self.connection.stream(STREAM).await?;
            let config = stream.cached_info().config.clone();
            let narrow = Config {
                duplicate_window: NARROW,
                ..config.clone()
            };
            let update = self.connection.jetstream.update_stream(narrow);
            let what = "the log's duplicate window cannot be narrowed";
            match self.connection.permitted(what, update).await {
                Err(Failure::NotPermitted(subject)) => {
                    return Err(Failure::NotPermitted(format!(
                        "{subject} (an id occurs twice, and the server would drop the second message)"
                    )));
                }
                other => other.map(drop)?,
            }
            self.before = Some(config);
        }
        tokio::time::sleep(2 * NARROW).await;
        Ok(())
    }
}

fn another_publisher() -> Failure {
    Failure::Connection("another publisher is writing to the log; stop the services first".to_owned())
}

fn refused(lines: &str, error: &async_nats::jetstream::Error) -> Failure {
    if error.error_code() == WRONG_LAST_SEQUENCE {
        return another_publisher();
    }
    Failure::Connection(format!("{lines} were refused: {}", chain(error)))
}
