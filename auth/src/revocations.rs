//! Publishes ended sessions to all services, also across outages of the bus.
//!
//! The end of a session is first committed to the database, then published within milliseconds. A sweep finds what a crash
//! or an outage left unpublished, and republishes everything if the bucket was lost.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::kv::Store as Bucket;
use common::{error::chain, event::Timestamp};
use futures::future::try_join_all;
use runtime::{
    auth::{REVOCATIONS_BUCKET, Verifier},
    bus::Bus,
    store::StoreError,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::store::{Session, Sessions};

/// How many sessions are published at the same time.
const BATCH: usize = 128;
/// The interval of the sweep.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// The interval of the sweep while publishing fails.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// How long publishing may delay the end of the process.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Why ended sessions are not published. The next sweep retries.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    #[error("the ended sessions cannot be read or written")]
    Store(#[from] StoreError),
    #[error("the ended sessions cannot be published")]
    Bus(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The ended sessions, on their way from the database to the bus.
#[derive(Debug)]
pub struct Revocations {
    sessions: Sessions,
    bus: Bus,
    verifier: Verifier,
    pending: Notify,
}

impl Revocations {
    /// Publishes to `bus`, and revokes in `verifier`.
    pub fn new(sessions: Sessions, bus: Bus, verifier: Verifier) -> Self {
        Self {
            sessions,
            bus,
            verifier,
            pending: Notify::new(),
        }
    }

    /// Revokes sessions whose end is in the database: in this process now, in other processes within milliseconds.
    pub fn revoke<'a>(&self, ended: impl IntoIterator<Item = &'a Session>) {
        self.revoke_locally(ended);
        self.pending.notify_one();
    }

    fn revoke_locally<'a>(&self, ended: impl IntoIterator<Item = &'a Session>) {
        for session in ended {
            self.verifier
                .revocations()
                .revoke(session.id, session.expires_at());
        }
    }

    /// Publishes until `stop`, and then once more what the last requests left.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (mut loaded, mut failing) = (false, false);
        let mut next_sweep = Instant::now();
        loop {
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = self.pending.notified() => self.publish_pending().await,
                () = tokio::time::sleep_until(next_sweep) => {
                    next_sweep = Instant::now() + SWEEP_INTERVAL;
                    self.sweep(&mut loaded).await
                }
            };
            if let Err(error) = &result {
                next_sweep = Instant::now() + RETRY_INTERVAL;
                if !failing {
                    tracing::warn!(error = chain(error), "ended sessions are published later");
                }
            }
            failing = result.is_err();
        }
        let last = tokio::time::timeout(SHUTDOWN_TIMEOUT, self.publish_pending()).await;
        if !matches!(last, Ok(Ok(()))) {
            tracing::warn!("ended sessions are published at the next start");
        }
    }

    /// Loads all ended sessions at first, then publishes pending ones, and republishes lost ones.
    async fn sweep(&self, loaded: &mut bool) -> Result<(), RevocationError> {
        if !*loaded {
            // This process has to refuse them also while the bus is unavailable.
            self.revoke_locally(&self.sessions.ended(Timestamp::now()).await?);
            *loaded = true;
        }
        self.publish_pending().await?;
        self.republish_lost().await
    }

    async fn publish_pending(&self) -> Result<(), RevocationError> {
        loop {
            let pending = self.sessions.unpublished(BATCH).await?;
            // Other replicas may have ended some while the bus was unavailable.
            self.revoke_locally(&pending);
            if !pending.is_empty() {
                self.publish(&self.bucket().await?, &pending).await?;
            }
            if pending.len() < BATCH {
                return Ok(());
            }
        }
    }

    /// Republishes all ended sessions if the bucket holds fewer than were published.
    async fn republish_lost(&self) -> Result<(), RevocationError> {
        let now = Timestamp::now();
        let published = self.sessions.count_published(now).await?;
        if published == 0 || !self.bus.is_connected() {
            return Ok(());
        }
        let bucket = self.bucket().await?;
        let held = bucket.stream.cached_info().state.messages;
        if held >= published {
            return Ok(());
        }
        tracing::warn!(
            held,
            published,
            "republishing ended sessions that the bus has lost"
        );
        for batch in self.sessions.ended(now).await?.chunks(BATCH) {
            self.publish(&bucket, batch).await?;
        }
        Ok(())
    }

    /// Publishes `ended`, and records that in the database once the bus has acknowledged it.
    async fn publish(&self, bucket: &Bucket, ended: &[Session]) -> Result<(), RevocationError> {
        let puts = ended.iter().map(|session| {
            let until = session.expires_at().to_string();
            bucket.put(session.id.to_string(), until.into())
        });
        try_join_all(puts)
            .await
            .map_err(|error| RevocationError::Bus(error.into()))?;
        let ids: Vec<_> = ended.iter().map(|session| session.id).collect();
        Ok(self.sessions.mark_published(&ids).await?)
    }

    async fn bucket(&self) -> Result<Bucket, RevocationError> {
        if !self.bus.is_connected() {
            return Err(RevocationError::Bus("the bus is not connected".into()));
        }
        let bucket = self.bus.jetstream().get_key_value(REVOCATIONS_BUCKET).await;
        bucket.map_err(|error| RevocationError::Bus(error.into()))
    }
}
