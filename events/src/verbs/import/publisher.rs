//! Publishing in atomic batches (NATS ADR-50), several under way at a time, each only behind the one before it.
//!
//! A batch says which sequence it expects to be the log's last; so the order is kept when one is refused, and somebody
//! else who writes is noticed.

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

/// Batches under way.
const WINDOW: usize = 4;
/// How long the server may take to store a batch.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What a batch adds to the headers of a message, at most.
const BATCH_HEADERS: usize = 256;
/// The shortest time the server can be told to remember ids for.
const NARROW: Duration = Duration::from_millis(100);
/// How often an id that the server remembers is tried again.
const ATTEMPTS: u32 = 50;

const WRONG_LAST_SEQUENCE: ErrorCode = ErrorCode::STREAM_WRONG_LAST_SEQUENCE;
const DUPLICATE: ErrorCode = ErrorCode::ATOMIC_PUBLISH_CONTAINS_DUPLICATE_MESSAGE;

/// Fills the log.
pub(super) struct Publisher {
    connection: Connection,
    inbox: String,
    replies: Subscriber,
    under_way: VecDeque<Batch>,
    /// The sequence that the next message gets.
    next: u64,
    /// Up to here all is stored.
    stored: u64,
    /// What the log's configuration was before ids were to be forgotten sooner.
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
    /// Publishes behind `head`.
    pub(super) async fn open(connection: &Connection, head: u64) -> Result<Self, Failure> {
        let inbox = connection.client.new_inbox();
        let subscription = connection.client.subscribe(format!("{inbox}.*"));
        let what = "the server's answers cannot be heard";
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

    /// The sequence up to which all is stored.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    /// The sequence that the next message gets.
    pub(super) fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Publishes `items`; what was given before may still be under way.
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

    /// Waits until all is stored.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        while !self.under_way.is_empty() {
            self.settle().await?;
        }
        Ok(())
    }

    /// Lets the log remember ids for as long as before.
    pub(super) async fn restore(&mut self) -> Result<(), Failure> {
        let Some(mut config) = self.before.take() else {
            return Ok(());
        };
        // An import that was killed may have left it narrow.
        if config.duplicate_window <= NARROW {
            config.duplicate_window = topology::LOG.duplicate_window;
        }
        let update = self.connection.jetstream.update_stream(config);
        let what = "the log's duplicate window cannot be widened again; provisioning does it";
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

    /// Waits for the oldest batch under way.
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
                    let what = format!("{lines} were stored up to sequence {last}, which is not their place");
                    return Err(Failure::Connection(what));
                }
                Response::Err { error } => error,
            };
            if error.error_code() != DUPLICATE {
                return Err(refused(&lines, &error));
            }
            // Those behind it are refused with it.
            let behind: Vec<u64> = self.under_way.iter().skip(1).map(|batch| batch.first).collect();
            for first in behind {
                self.answer(first).await?;
            }
            self.forget_ids_sooner().await?;
            for batch in &self.under_way {
                self.send(batch).await?;
            }
        }
        Err(Failure::Connection(
            "the server goes on taking a repeated id for a repeated message".to_owned(),
        ))
    }

    /// The server's answer to the batch that begins at `first`.
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
                "the server does not answer; {stored} messages are stored, --resume goes on behind them"
            )));
        };
        if reply
            .status
            .is_some_and(|status| status == async_nats::StatusCode::NO_RESPONDERS)
        {
            return Err(Failure::NotFound(format!(
                "no stream takes the subjects of {STREAM}"
            )));
        }
        serde_json::from_slice(&reply.payload)
            .map_err(|error| Failure::connection("the server's answer cannot be read", &error))
    }

    /// A message that is too large to carry a batch's headers too.
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
                self.forget_ids_sooner().await?;
                continue;
            }
            if ack.sequence != self.next {
                return Err(somebody_else_writes());
            }
            self.stored = self.next;
            self.next += 1;
            return Ok(());
        }
        Err(Failure::Connection(format!(
            "line {} is taken for a repeated message",
            item.line
        )))
    }

    /// The log remembers ids for two minutes, which is far longer than an import takes from a message to one that
    /// rightly has the same id, such as of a resync.
    async fn forget_ids_sooner(&mut self) -> Result<(), Failure> {
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
                        "{subject} (an id is there twice, and the server would drop the second)"
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

fn somebody_else_writes() -> Failure {
    Failure::Connection("somebody else writes into the log; stop the services first".to_owned())
}

fn refused(lines: &str, error: &async_nats::jetstream::Error) -> Failure {
    if error.error_code() == WRONG_LAST_SEQUENCE {
        return somebody_else_writes();
    }
    Failure::Connection(format!("{lines} were refused: {}", chain(error)))
}
