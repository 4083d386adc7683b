//! The reading itself: batches of what is there, over every interruption.

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
/// Messages and bytes that the server sends ahead. They bound the memory this takes.
const PULL_MESSAGES: usize = 5_000;
const PULL_BYTES: usize = 32 << 20;
/// The server says so often that it is still there; after twice as long without a word it is asked anew.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long the server may be quiet, when there should be more, before it is asked whether there is.
const QUIET: Duration = Duration::from_secs(2);
/// The pause before a server that is away is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// Reads a stream in order.
pub struct Reader {
    log: Log,
    scan: Scan,
    open: Option<Open>,
    /// The last sequence that was given out.
    position: Option<u64>,
    done: bool,
    /// Whether it was already said that the server is waited for.
    waiting: bool,
}

/// A consumer at work.
struct Open {
    messages: pull::Stream,
    /// How many it delivered, which is also its own count as long as none was lost.
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

    /// The next entries, as soon as there is one; `None` after the last.
    ///
    /// # Errors
    /// If reading is not permitted, or, unless following, if the stream or the server is gone.
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

    /// What is there, and no waiting for more. Empty when the consumer has to be made again.
    async fn take(&mut self) -> Result<Vec<Entry>, Failure> {
        let Some(open) = &mut self.open else {
            return Ok(Vec::new());
        };
        let next = self.log.connection.allowed(async {
            tokio::select! {
                biased;
                message = open.messages.next() => message,
                // A server that was away has lost the consumers in its memory.
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

    /// Takes one message; false if it is not the next one, or none that a consumer delivers.
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

    /// Makes the consumer, or waits a moment if the server, or the stream, is away and to be waited for.
    async fn reopen(&mut self) -> Result<(), Failure> {
        let following = self.scan.end == End::Follow;
        let mut link = self.log.connection.link();
        if following && !link.borrow().up {
            self.say_once("the connection is lost; waiting for the server");
            let _ = link.wait_for(|link| link.up).await;
        }
        match self.make_consumer().await {
            Ok(()) => self.waiting = false,
            Err(Failure::Connection(reason) | Failure::NotFound(reason)) if following => {
                self.say_once(&format!("{reason}; waiting"));
                tokio::time::sleep(RETRY).await;
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Says that there is something to wait for, once until it is over.
    fn say_once(&mut self, message: &str) {
        if !std::mem::replace(&mut self.waiting, true) {
            warn(message);
        }
    }

    /// Takes the consumer off the server, which else does so half a minute later. Whether that is permitted is no
    /// matter.
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
            description: Some("events: looking".to_owned()),
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
        // Nothing to come: the stream has no such messages, or lost them meanwhile.
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

    /// A new name, by which an operator knows the consumer and permissions can tell it from others.
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
                    // Beyond the calendar: all is later than that.
                    Err(_) => DeliverPolicy::All,
                };
            }
        };
        DeliverPolicy::ByStartSequence { start_sequence }
    }

    /// A stream of the same name that was made anew is read from its beginning when following, and is not what was
    /// asked for otherwise.
    async fn check_identity(&mut self) -> Result<(), Failure> {
        let found = Log::open(&self.log.connection, &self.log.name).await?;
        if found.created == self.log.created {
            return Ok(());
        }
        let name = &found.name;
        if self.scan.end != End::Follow {
            return Err(Failure::Connection(format!(
                "the stream {name} was made anew while it was read"
            )));
        }
        warn(&format!(
            "the stream {name} was made anew; going on from its beginning"
        ));
        self.scan.start = Start::Sequence(1);
        self.position = None;
        self.log = found;
        Ok(())
    }
}
