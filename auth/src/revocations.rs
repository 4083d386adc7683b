//! Tells every service which sessions were ended, whatever happens to the bus meanwhile.
//!
//! The end of a session is in the database first; a hint then brings it to the bus within milliseconds. A sweep finds
//! what a crash or an outage left, and tells all again when the bucket was lost.

use std::time::Duration;

use async_nats::jetstream::kv::Store as Bucket;
use common::{error::chain, event::Timestamp};
use futures::future::join_all;
use runtime::{
    auth::{REVOCATIONS_BUCKET, Verifier},
    bus::Bus,
    store::StoreError,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::store::{Session, Sessions};

/// Hints that may wait; more are found by the sweep.
const HINTS: usize = 1024;
/// The most published in one step.
const STEP: usize = 128;
/// How often the sweep looks, while all is well.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// How often while something waits for the bus.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Why a step could not be done. The next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The database.
    #[error("the ended sessions cannot be read or written")]
    Store(#[from] StoreError),
    /// The bus.
    #[error("the ended sessions cannot be published")]
    Bus(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Takes note of ended sessions; cheap to clone.
#[derive(Debug, Clone)]
pub struct RevocationHandle {
    hints: mpsc::Sender<Session>,
    verifier: Verifier,
}

impl RevocationHandle {
    /// This service refuses `session` from now on, the others within milliseconds. It is in the database already.
    pub fn ended(&self, session: Session) {
        self.verifier
            .revocations()
            .revoke(session.id, session.expires_at());
        if self.hints.try_send(session).is_err() {
            metrics::counter!("auth_revocation_hints_dropped_total").increment(1);
        }
    }
}

/// Publishes ended sessions.
#[derive(Debug)]
pub struct Revoker {
    sessions: Sessions,
    bus: Bus,
    verifier: Verifier,
    hints: mpsc::Receiver<Session>,
    bucket: Option<Bucket>,
}

impl Revoker {
    /// A revoker, and the handle that hints it.
    pub fn new(sessions: Sessions, bus: Bus, verifier: Verifier) -> (RevocationHandle, Self) {
        let (sender, hints) = mpsc::channel(HINTS);
        let handle = RevocationHandle {
            hints: sender,
            verifier: verifier.clone(),
        };
        let revoker = Self {
            sessions,
            bus,
            verifier,
            hints,
            bucket: None,
        };
        (handle, revoker)
    }

    /// Publishes until `stop`, and then once more what the last requests left.
    pub async fn run(&mut self, stop: CancellationToken) {
        let mut known = false;
        let mut next_sweep = tokio::time::Instant::now();
        let mut told = false;
        loop {
            let mut hints = Vec::new();
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = self.hints.recv_many(&mut hints, STEP), if !self.hints.is_closed() => self.tell(&hints).await,
                () = tokio::time::sleep_until(next_sweep) => {
                    let swept = self.sweep(&mut known).await;
                    next_sweep = tokio::time::Instant::now() + SWEEP_INTERVAL;
                    swept
                }
            };
            match result {
                Ok(()) => told = false,
                Err(error) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(error = chain(&error), "ended sessions wait to be published");
                    }
                    next_sweep = tokio::time::Instant::now() + RETRY_INTERVAL;
                }
            }
        }
        let last_step = tokio::time::timeout(Duration::from_secs(2), self.sweep_once()).await;
        if !matches!(last_step, Ok(Ok(()))) {
            tracing::warn!("ended sessions wait to be published at the next start");
        }
    }

    async fn sweep(&mut self, known: &mut bool) -> Result<(), RevocationError> {
        if !*known {
            self.learn().await?;
            *known = true;
        }
        self.sweep_once().await
    }

    /// Lets this service's verifier know every ended session, without the bus.
    async fn learn(&self) -> Result<(), RevocationError> {
        for session in self.sessions.ended(Timestamp::now()).await? {
            self.verifier
                .revocations()
                .revoke(session.id, session.expires_at());
        }
        Ok(())
    }

    /// One step of the sweep.
    ///
    /// # Errors
    /// If the database or the bus is away.
    pub async fn sweep_once(&mut self) -> Result<(), RevocationError> {
        loop {
            let waiting = self.sessions.unpublished(STEP as i64).await?;
            for session in &waiting {
                // Another replica ended it while the bus was away.
                self.verifier
                    .revocations()
                    .revoke(session.id, session.expires_at());
            }
            self.tell(&waiting).await?;
            if waiting.len() < STEP {
                break;
            }
        }
        self.refill().await
    }

    /// Publishes all again if the bucket holds fewer than were published.
    async fn refill(&mut self) -> Result<(), RevocationError> {
        let now = Timestamp::now();
        let published = self.sessions.count_published(now).await?;
        if published == 0 || !self.bus.is_connected() {
            return Ok(());
        }
        self.bucket = None;
        let held = self.bucket().await?.stream.cached_info().state.messages;
        if held >= published {
            return Ok(());
        }
        tracing::warn!(
            held,
            published,
            "the bus has lost ended sessions; telling them again"
        );
        let ended = self.sessions.ended(now).await?;
        for step in ended.chunks(STEP) {
            self.tell(step).await?;
        }
        Ok(())
    }

    /// Publishes, waits for the acknowledgements, remembers that.
    async fn tell(&mut self, ended: &[Session]) -> Result<(), RevocationError> {
        if ended.is_empty() {
            return Ok(());
        }
        if !self.bus.is_connected() {
            return Err(RevocationError::Bus("the bus is not connected".into()));
        }
        let bucket = self.bucket().await?;
        let puts = ended.iter().map(|session| {
            let until = session.expires_at().to_string();
            bucket.put(session.id.to_string(), until.into())
        });
        let failed = join_all(puts).await.into_iter().find_map(Result::err);
        if let Some(error) = failed {
            self.bucket = None;
            return Err(RevocationError::Bus(error.into()));
        }
        let ids: Vec<_> = ended.iter().map(|session| session.id).collect();
        self.sessions.published(&ids).await?;
        Ok(())
    }

    async fn bucket(&mut self) -> Result<Bucket, RevocationError> {
        if let Some(bucket) = &self.bucket {
            return Ok(bucket.clone());
        }
        let bucket = self.bus.jetstream().get_key_value(REVOCATIONS_BUCKET).await;
        let bucket = bucket.map_err(|error| RevocationError::Bus(error.into()))?;
        self.bucket = Some(bucket.clone());
        Ok(bucket)
    }
}
