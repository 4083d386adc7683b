//! Watches one key-value bucket and recovers from every failure of the bus.
//!
//! After a reconnection, the watch of async-nats continues from the last sequence. If the bucket was recreated meanwhile,
//! its sequence starts from 1, and the watch would wait forever. So the whole bucket, which is small, is read again
//! after each reconnection, replacement and gap.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use async_nats::jetstream::{
    Context,
    context::{KeyValueError, RequestErrorKind},
    kv::{Entry, Store, WatchError, WatcherError},
};
use futures::StreamExt;

/// The interval at which a reconnection is detected.
const RECONNECT_POLL: Duration = Duration::from_millis(250);
/// The interval at which a bucket that was deleted or recreated without a reconnection is detected.
pub(super) const IDENTITY_POLL: Duration = Duration::from_secs(5);
const MIN_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// Applies the entries of a bucket.
pub(super) trait Watcher {
    /// The bucket is read from its beginning now.
    fn restart(&mut self);
    /// The latest entry of a key, or its removal.
    fn apply(&mut self, entry: &Entry);
    /// Every key of the bucket has been applied since [`restart`](Self::restart).
    fn all_seen(&mut self);
}

#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("the bucket cannot be opened")]
    Open(#[from] KeyValueError),
    #[error("the bucket cannot be watched")]
    Watch(#[from] WatchError),
    #[error("the watch failed")]
    Failed(#[from] WatcherError),
    #[error("the watch ended")]
    Ended,
    #[error("the client reconnected")]
    Reconnected,
    #[error("the bucket was deleted or recreated")]
    Replaced,
}

/// Watches `bucket` forever.
pub(super) async fn watch(js: &Context, bucket: &str, watcher: &mut impl Watcher) -> Infallible {
    let mut backoff = MIN_BACKOFF;
    let mut is_failing = false;
    loop {
        let mut opened = false;
        let Err(reason) = watch_once(js, bucket, watcher, &mut opened).await;
        if opened {
            tracing::info!(bucket, %reason, "reading the bucket again");
            (backoff, is_failing) = (MIN_BACKOFF, false);
        } else if !is_failing {
            let cause = std::error::Error::source(&reason).map(ToString::to_string);
            tracing::warn!(bucket, %reason, cause, "cannot watch the bucket yet; retrying");
            is_failing = true;
        }
        tokio::time::sleep(backoff).await;
        backoff = (backoff * 2).min(MAX_BACKOFF);
    }
}

async fn watch_once(
    js: &Context,
    bucket: &str,
    watcher: &mut impl Watcher,
    opened: &mut bool,
) -> Result<Infallible, Interrupted> {
    let connects = connects(js);
    let store = js.get_key_value(bucket).await?;
    let was_empty = store.stream.cached_info().state.messages == 0;
    let mut watch = store.watch_with_history(">").await?;
    *opened = true;
    watcher.restart();
    if was_empty {
        watcher.all_seen();
    }
    let mut all_seen = was_empty;
    let last_revision = AtomicU64::new(0);
    let changed = identity_change(js, &store, connects, &last_revision);
    let mut changed = std::pin::pin!(changed);
    loop {
        tokio::select! {
            reason = &mut changed => return Err(reason),
            entry = watch.next() => {
                let entry = entry.ok_or(Interrupted::Ended)??;
                last_revision.store(entry.revision, Ordering::Relaxed);
                watcher.apply(&entry);
                if entry.seen_current && !all_seen {
                    all_seen = true;
                    watcher.all_seen();
                }
            }
        }
    }
}

/// Returns when the connection or the bucket is no longer the one that is being watched.
async fn identity_change(
    js: &Context,
    store: &Store,
    connected: u64,
    last_revision: &AtomicU64,
) -> Interrupted {
    let created = store.stream.cached_info().created;
    let mut checked = Instant::now();
    loop {
        tokio::time::sleep(RECONNECT_POLL).await;
        if connects(js) != connected {
            return Interrupted::Reconnected;
        }
        if checked.elapsed() < IDENTITY_POLL {
            continue;
        }
        checked = Instant::now();
        let seen = last_revision.load(Ordering::Relaxed);
        match store.stream.get_info().await {
            Ok(info) if info.created != created || info.state.last_sequence < seen => {
                return Interrupted::Replaced;
            }
            Ok(_) => {}
            Err(error) => match error.kind() {
                RequestErrorKind::TimedOut | RequestErrorKind::NoResponders => {}
                _ => return Interrupted::Replaced,
            },
        }
    }
}

/// The number of times that the client has connected.
fn connects(js: &Context) -> u64 {
    js.client().statistics().connects.load(Ordering::Relaxed)
}
