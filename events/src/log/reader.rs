//! Reading in batches, across interruptions.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use common::event::Timestamp;
use futures::{FutureExt as _, StreamExt as _};
use tokio::{sync::watch, time::timeout};

use super::{End, Log, Scan, Start};
use crate::{
    connection::Link,
    entry::Entry,
    failure::{Failure, warn},
};

/// The most entries of one batch.
const MAX_BATCH: usize = 512;
/// Messages and bytes that the server sends ahead, which bound the memory use.
const PULL_MESSAGES: usize = 5_000;
const PULL_BYTES: usize = 32 << 20;
/// The interval of the server's heartbeats; after two missed ones the pull request is repeated.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// The idle time, while more messages are expected, after which the consumer is recreated.
const QUIET: Duration = Duration::from_secs(2);
/// The pause before another attempt to reach an unavailable server.
const RETRY: Duration = Duration::from_millis(100);

/// Reads a stream in order.
pub struct Reader {
    log: Log,
    scan: Scan,
    open: Option<Open>,
    /// The last sequence that was returned.
    position: Option<u64>,
    done: bool,
    /// Whether the wait for the server was already reported.
    waiting: bool,
}

/// An open consumer.
struct Open {
    messages: pull::Stream,
    /// The number of deliveries, equal to the consumer's own count as long as none was lost.
    delivered: u64,
    link: watch::Receiver<Link>,
    /// Its name on the server.
    name: String,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("scan", &self.scan)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(log: Log, scan: Scan) -> Self {
        Self {
            log,
            scan,
            open: None,
            position: None,
            done: false,
            waiting: false,
        }
    }

    /// The next entries, as soon as there are any; `None` after the last.
    ///
    /// # Errors
    /// If reading is not permitted, or, unless following, if the stream was deleted or the server is unavailable.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        loop {
            if self.done || self.is_behind_the_end() {
                self.close().await;
                return Ok(None);
            }
            if self.open.is_none() {
                self.reopen().await?;
                continue;
            }
            let batch = self.take().await?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
    }

    fn is_behind_the_end(&self) -> bool {
        let End::Sequence(end) = self.scan.end else {
            return false;
        };
        match (self.position, self.scan.start) {
            (Some(position), _) => position >= end,
            (None, Start::Sequence(start)) => start > end,
            (None, Start::Time(_)) => end == 0,
        }
    }

    /// Takes the available messages without waiting for more. Empty if the consumer has to be recreated.
    async fn take(&mut self) -> Result<Vec<Entry>, Failure> {
        let Some(open) = &mut self.open else {
            return Ok(Vec::new());
        };
        let next = self.log.connection.allowed(async {
            tokio::select! {
                biased;
                message = open.messages.next() => message,
                // A restarted server has lost the consumers in its memory.
                _ = open.link.changed() => None,
            }
        });
        let first = match self.scan.end {
            End::Follow => next.await?,
            End::Sequence(_) => timeout(QUIET, next).await.unwrap_or(Ok(None))?,
        };
        let mut batch = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            let taken = match message {
                Some(Ok(message)) => self.accept(message, &mut batch),
                _ => false,
            };
            if !taken {
                self.open = None;
            }
            next = match &mut self.open {
                Some(open) if batch.len() < MAX_BATCH && !self.done => open.messages.next().now_or_never(),
                _ => None,
            };
        }
        Ok(batch)
    }

    /// Accepts one message; false if it is not the next one, or was not delivered by a consumer.
    fn accept(&mut self, message: jetstream::Message, batch: &mut Vec<Entry>) -> bool {
        let (Some(open), Ok(info)) = (&mut self.open, message.info()) else {
            return false;
        };
        let (sequence, pending) = (info.stream_sequence, info.pending);
        let stored_at = i64::try_from(info.published.unix_timestamp_nanos() / 1_000_000).ok();
        if info.consumer_sequence != open.delivered + 1 {
            return false;
        }
        open.delivered += 1;
        if let End::Sequence(end) = self.scan.end {
            self.done = pending == 0 || sequence >= end;
            if sequence > end {
                return true;
            }
        }
        self.position = Some(sequence);
        let message = message.message;
        batch.push(Entry {
            sequence,
            stored_at: stored_at
                .and_then(Timestamp::from_millis)
                .unwrap_or_else(Timestamp::now),
            subject: message.subject,
            headers: message.headers.unwrap_or_default(),
            payload: message.payload,
        });
        true
    }

    /// Creates the consumer, or, when following, waits a moment if the server or the stream is unavailable.
    async fn reopen(&mut self) -> Result<(), Failure> {
        let following = self.scan.end == End::Follow;
        let mut link = self.log.connection.link();
        if following && !link.borrow().up {
            self.warn_once("the connection was lost; waiting for the server");
            let _ = link.wait_for(|link| link.up).await;
        }
        match self.make_consumer().await {
            Ok(()) => self.waiting = false,
            Err(Failure::Connection(reason) | Failure::NotFound(reason)) if following => {
                self.warn_once(&format!("{reason}; waiting"));
                tokio::time::sleep(RETRY).await;
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Reports a wait, once until it ends.
    fn warn_once(&mut self, message: &str) {
        if !std::mem::replace(&mut self.waiting, true) {
            warn(message);
        }
    }

    /// Deletes the consumer, which the server otherwise does half a minute later. A denied deletion is ignored.
    async fn close(&mut self) {
        if let Some(Open { name, .. }) = self.open.take() {
            let connection = &self.log.connection;
            let _ = connection.allowed(self.log.stream.delete_consumer(&name)).await;
        }
    }

    async fn make_consumer(&mut self) -> Result<(), Failure> {
        let link = self.log.connection.link();
        self.check_identity().await?;
        let config = pull::Config {
            name: Some(self.name()),
            description: Some("events: read-only".to_owned()),
            deliver_policy: self.deliver_policy(),
            ack_policy: AckPolicy::None,
            max_deliver: 1,
            filter_subjects: self.scan.subjects.clone(),
            inactive_threshold: Duration::from_secs(30),
            num_replicas: 1,
            memory_storage: true,
            ..pull::Config::default()
        };
        let connection = &self.log.connection;
        let what = format!("the stream {} cannot be read", self.log.name);
        let consumer = connection
            .permitted(&what, self.log.stream.create_consumer(config))
            .await?;
        // Nothing pending: the stream has no such messages, or they were deleted meanwhile.
        self.done = self.scan.end != End::Follow && consumer.cached_info().num_pending == 0;
        let stream = consumer
            .stream()
            .max_messages_per_batch(PULL_MESSAGES)
            .max_bytes_per_batch(PULL_BYTES)
            .heartbeat(HEARTBEAT)
            .expires(Duration::from_secs(20))
            .messages();
        let messages = connection.permitted(&what, stream).await?;
        self.open = Some(Open {
            messages,
            delivered: 0,
            name: consumer.cached_info().name.clone(),
            link,
        });
        Ok(())
    }

    /// A new name, by which operators and permissions can identify the consumer.
    fn name(&self) -> String {
        let inbox = self.log.connection.client.new_inbox();
        format!("events-{}", inbox.rsplit('.').next().unwrap_or_default())
    }

    fn deliver_policy(&self) -> DeliverPolicy {
        let start_sequence = match (self.position, self.scan.start) {
            (Some(position), _) => position + 1,
            (None, Start::Sequence(sequence)) => sequence.max(1),
            (None, Start::Time(time)) => {
                let nanos = i128::from(time.as_millis()) * 1_000_000;
                return match async_nats::datetime::from_nanos(nanos) {
                    Ok(start_time) => DeliverPolicy::ByStartTime { start_time },
                    // Out of range: everything is later than that.
                    Err(_) => DeliverPolicy::All,
                };
            }
        };
        DeliverPolicy::ByStartSequence { start_sequence }
    }

    /// A recreated stream of the same name is read from its beginning when following, and is a failure otherwise.
    async fn check_identity(&mut self) -> Result<(), Failure> {
        let found = Log::open(&self.log.connection, &self.log.name).await?;
        if found.created == self.log.created {
            return Ok(());
        }
        let name = &found.name;
        if self.scan.end != End::Follow {
            return Err(Failure::Connection(format!(
                "the stream {name} was recreated while it was read"
            )));
        }
        warn(&format!(
            "the stream {name} was recreated; continuing from its beginning"
        ));
        self.scan.start = Start::Sequence(1);
        self.position = None;
        self.log = found;
        Ok(())
    }
}
