//! Follows one key-value bucket through everything that happens to the bus.
//!
//! async-nats' watch goes on from the last sequence after a reconnection. That is wrong when the bucket was wiped
//! meanwhile: the new one counts from 1, and the watch would wait for ever. So each reconnection, each new
//! bucket of the same name and each gap makes the whole bucket be read again; it is small.

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

/// How soon a reconnection is noticed.
const RECONNECT_POLL: Duration = Duration::from_millis(250);
/// How soon it is noticed that somebody deleted the bucket, or made it again, without a reconnection.
const IDENTITY_POLL: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Takes a bucket's entries.
pub(super) trait Follower {
    /// The bucket will now be read from its beginning.
    fn restart(&mut self);
    /// The latest entry of a key, or its removal.
    fn apply(&mut self, entry: &Entry);
    /// Every key that the bucket held has been applied since [`restart`](Self::restart).
    fn all_seen(&mut self);
}

#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("the bucket cannot be opened")]
    Open(#[from] KeyValueError),
    #[error("the bucket cannot be watched")]
    Watch(#[from] WatchError),
    #[error("the watch broke")]
    Broke(#[from] WatcherError),
    #[error("the watch ended")]
    Ended,
    #[error("the connection was made anew")]
    Reconnected,
    #[error("the bucket was deleted or made anew")]
    Replaced,
}

/// Follows `bucket` for ever.
pub(super) async fn follow(js: &Context, bucket: &str, follower: &mut impl Follower) -> Infallible {
    let mut pause = FIRST_PAUSE;
    let mut in_trouble = false;
    loop {
        let mut opened = false;
        let Err(reason) = follow_once(js, bucket, follower, &mut opened).await;
        if opened {
            tracing::info!(bucket, %reason, "reading the bucket again");
            (pause, in_trouble) = (FIRST_PAUSE, false);
        } else if !in_trouble {
            let cause = std::error::Error::source(&reason).map(ToString::to_string);
            tracing::warn!(bucket, %reason, cause, "cannot follow the bucket yet; trying on");
            in_trouble = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn follow_once(
    js: &Context,
    bucket: &str,
    follower: &mut impl Follower,
    opened: &mut bool,
) -> Result<Infallible, Interrupted> {
    let connects = connects(js);
    let store = js.get_key_value(bucket).await?;
    let was_empty = store.stream.cached_info().state.messages == 0;
    let mut watch = store.watch_with_history(">").await?;
    *opened = true;
    follower.restart();
    if was_empty {
        follower.all_seen();
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
                follower.apply(&entry);
                if entry.seen_current && !all_seen {
                    all_seen = true;
                    follower.all_seen();
                }
            }
        }
    }
}

/// Returns when the connection or the bucket is not the one that the watch was begun on.
async fn identity_change(
    js: &Context,
    store: &Store,
    connected: u64,
    last_revision: &AtomicU64,
) -> Interrupted {
    let created = store.stream.cached_info().created;
    let mut looked = Instant::now();
    loop {
        tokio::time::sleep(RECONNECT_POLL).await;
        if connects(js) != connected {
            return Interrupted::Reconnected;
        }
        if looked.elapsed() < IDENTITY_POLL {
            continue;
        }
        looked = Instant::now();
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

/// How often the client has connected so far.
fn connects(js: &Context) -> u64 {
    js.client().statistics().connects.load(Ordering::Relaxed)
}
