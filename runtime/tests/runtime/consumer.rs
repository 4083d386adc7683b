//! A durable consumer under test, whose handler is a closure.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_nats::HeaderMap;
use common::event::{Received, topology::ConsumerSpec};
use runtime::bus::{ConsumerStatus, DEAD_LETTER_STREAM, HandlerError, Reactor};
use testkit::eventually;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::fixture::Fixture;

pub const FOLLOWS: ConsumerSpec = ConsumerSpec {
    name: "test-follows",
    filter_subject: "blog.evt.follow.>",
    purpose: "shows how a reactor works",
    revision: 1,
};

/// A reactor that runs.
pub struct Consumer {
    pub calls: Arc<AtomicU32>,
    pub done: Arc<AtomicU32>,
    pub status: watch::Receiver<ConsumerStatus>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Consumer {
    /// Starts the consumer `spec`. `handle` gets the event and how often it was called before.
    pub fn start_as(
        spec: ConsumerSpec,
        fixture: &Fixture,
        handle: impl Fn(u32, &Received) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Self {
        let (calls, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (counted, succeeded) = (Arc::clone(&calls), Arc::clone(&done));
        let handler = move |event: Arc<Received>| {
            let result = handle(counted.fetch_add(1, Ordering::SeqCst), &event);
            if result.is_ok() {
                succeeded.fetch_add(1, Ordering::SeqCst);
            }
            async { result }
        };
        let reactor = Reactor::new(fixture.bus.clone(), spec, handler);
        let (status, stop) = (reactor.status(), CancellationToken::new());
        let token = stop.clone();
        Self {
            calls,
            done,
            status,
            stop,
            task: tokio::spawn(async move { reactor.run(token).await }),
        }
    }

    /// Starts the consumer [`FOLLOWS`].
    pub fn start(
        fixture: &Fixture,
        handle: impl Fn(u32, &Received) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Self {
        Self::start_as(FOLLOWS, fixture, handle)
    }

    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Waits until the handler has succeeded `count` times.
    pub async fn is_done(&self, count: u32) {
        eventually("the events are handled", async || {
            (self.done.load(Ordering::SeqCst) == count).then_some(())
        })
        .await;
    }

    /// Waits until the status is as `expected`.
    pub async fn reports(
        &mut self,
        what: &str,
        expected: impl FnMut(&ConsumerStatus) -> bool,
    ) -> ConsumerStatus {
        let waiting = tokio::time::timeout(testkit::TIMEOUT, self.status.wait_for(expected));
        waiting.await.expect(what).unwrap().clone()
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

pub fn transient() -> HandlerError {
    HandlerError::Transient("the dependency is unavailable".into())
}

pub fn permanent() -> HandlerError {
    HandlerError::Permanent("the domain refused it".into())
}

/// The headers of the dead letters, once there are `count` of them.
pub async fn dead_letters(fixture: &Fixture, count: u64) -> Vec<HeaderMap> {
    let jetstream = fixture.bus.jetstream();
    let stream = eventually("the dead letters are stored", async || {
        let stream = jetstream.get_stream(DEAD_LETTER_STREAM).await.ok()?;
        (stream.cached_info().state.messages == count).then_some(stream)
    })
    .await;
    let mut headers = Vec::new();
    for sequence in 1..=count {
        headers.push(stream.get_raw_message(sequence).await.unwrap().headers);
    }
    headers
}

/// The header `name`, empty if it is missing.
pub fn header(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .map(|value| value.as_str().to_owned())
        .unwrap_or_default()
}
