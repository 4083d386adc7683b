//! Synchronises the signing keys of all replicas and the public keys of all services with the database.
//!
//! One public step, [`Keyring::reconcile_once`], does it all: it creates the first key, notices a rotation by another
//! replica, publishes public keys (again if the bucket was lost), retires superseded keys, and removes expired ones. The
//! verifier of this service gets its keys here, directly from the database, so it does not need the bus.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::jetstream::kv::Store as Bucket;
use common::event::Timestamp;
use runtime::{
    auth::{KEYS_BUCKET, KeySet, SESSION_LIFETIME, Verifier},
    bus::Bus,
    service::repeat,
    store::StoreError,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::keys::{KeyStatus, is_expired, signing, superseded},
    signing::{Sealer, SigningError, SigningKey},
    store::{KeyRecord, SigningKeys},
};

/// The interval of reconciliation: a rotation by another replica is noticed within this time.
const INTERVAL: Duration = Duration::from_secs(3);
/// The interval until there is a published key: no service can verify a token before.
const FIRST_INTERVAL: Duration = Duration::from_millis(250);

/// Why a reconciliation failed. The next one retries.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("the signing keys cannot be read or written")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error("a stored public key cannot be used")]
    Public(#[from] runtime::auth::InvalidKey),
    #[error("the public keys cannot be published")]
    Bus(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The signing keys.
#[derive(Debug)]
pub struct Keyring {
    store: SigningKeys,
    sealer: Sealer,
    bus: Bus,
    verifier: Verifier,
    signing: RwLock<Option<Arc<SigningKey>>>,
}

/// The result of a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Database, bus and this process have the same keys.
    Synchronised,
    /// The public keys are not published yet.
    BusUnavailable,
}

impl Keyring {
    /// A keyring without keys, until the first reconciliation.
    pub fn new(store: SigningKeys, sealer: Sealer, bus: Bus, verifier: Verifier) -> Self {
        Self {
            store,
            sealer,
            bus,
            verifier,
            signing: RwLock::default(),
        }
    }

    /// The key that signs now; `None` before the first reconciliation.
    pub fn signing_key(&self) -> Option<Arc<SigningKey>> {
        let signing = self.signing.read().unwrap_or_else(PoisonError::into_inner);
        signing.clone()
    }

    /// Checks that there is a key to sign with, for `/readyz`.
    pub fn check(&self) -> Result<(), String> {
        let key = self.signing_key();
        key.map(drop)
            .ok_or_else(|| "there is no signing key yet".to_owned())
    }

    /// Creates a key that replaces the current one as soon as it is published.
    ///
    /// # Errors
    /// If the database is unavailable; [`StoreError::Duplicate`] if another process created a key at the same time.
    pub async fn generate(&self) -> Result<KeyRecord, KeyringError> {
        self.store.ensure_indexes().await?;
        let latest = self.store.all().await?.last().map_or(0, |key| key.serial);
        self.add(latest + 1).await
    }

    async fn add(&self, serial: i64) -> Result<KeyRecord, KeyringError> {
        let key = SigningKey::generate(&self.sealer)?;
        let record = self.store.insert(&key, serial, Timestamp::now()).await?;
        tracing::info!(kid = record.kid, serial, "created a signing key");
        Ok(record)
    }

    /// Reconciles until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (this, published) = (&self, &AtomicBool::new(false));
        let failure = "the signing keys are not synchronised";
        repeat(
            failure,
            FIRST_INTERVAL,
            &Notify::new(),
            stop,
            move || async move {
                if this.reconcile_once().await? == Step::Synchronised {
                    published.store(true, Ordering::Relaxed);
                }
                let ready = published.load(Ordering::Relaxed) && this.signing_key().is_some();
                Ok::<_, KeyringError>(if ready { INTERVAL } else { FIRST_INTERVAL })
            },
        )
        .await;
    }

    /// Runs one reconciliation.
    ///
    /// # Errors
    /// If the database is unavailable or has an unusable key, or publishing fails. Everything possible is done before.
    pub async fn reconcile_once(&self) -> Result<Step, KeyringError> {
        let keys = self.load().await?;
        let opened = self.apply(&keys);
        if !self.bus.is_connected() {
            return opened.map(|()| Step::BusUnavailable);
        }
        // Even if no key can be opened, there may be one to publish.
        if self.publish(&keys).await? {
            let keys = self.load().await?;
            self.apply(&keys)?;
        } else {
            opened?;
        }
        Ok(Step::Synchronised)
    }

    async fn load(&self) -> Result<Vec<KeyRecord>, KeyringError> {
        let keys = self.store.all().await?;
        if !keys.is_empty() {
            return Ok(keys);
        }
        self.store.ensure_indexes().await?;
        match self.add(1).await {
            // Another replica may have created it first.
            Ok(_) | Err(KeyringError::Store(StoreError::Duplicate { .. })) => Ok(self.store.all().await?),
            Err(error) => Err(error),
        }
    }

    /// Sets the public keys of the verifier and the key that signs.
    fn apply(&self, keys: &[KeyRecord]) -> Result<(), KeyringError> {
        let now = Timestamp::now();
        let mut public = KeySet::new();
        for key in keys {
            if !is_expired(&key.status(), SESSION_LIFETIME, now) {
                public.insert_json(&key.kid, key.public.as_bytes())?;
            }
        }
        if *self.verifier.keys() != public {
            self.verifier.set_keys(public);
        }
        let statuses: Vec<_> = keys.iter().map(KeyRecord::status).collect();
        let serial = signing(&statuses);
        let chosen = keys.iter().find(|key| Some(key.serial) == serial);
        let current = self.signing_key();
        if current.as_ref().map(|key| key.kid()) == chosen.map(|key| key.kid.as_str()) {
            return Ok(());
        }
        // If the new key cannot be opened, the former one continues to sign.
        let opened = chosen.map(|key| SigningKey::open(&self.sealer, &key.kid, &key.sealed));
        let opened = opened.transpose()?.map(Arc::new);
        if let Some(key) = &opened {
            tracing::info!(kid = key.kid(), "signing with this key");
        }
        *self.signing.write().unwrap_or_else(PoisonError::into_inner) = opened;
        Ok(())
    }

    /// Publishes public keys, removes expired ones and retires superseded ones; returns whether the database changed.
    async fn publish(&self, keys: &[KeyRecord]) -> Result<bool, KeyringError> {
        let bucket = self.bus.jetstream().get_key_value(KEYS_BUCKET).await;
        let bucket = bucket.map_err(|error| KeyringError::Bus(error.into()))?;
        let now = Timestamp::now();
        let mut changed = false;
        for key in keys {
            if is_expired(&key.status(), SESSION_LIFETIME, now) {
                let deleted = bucket.delete(&key.kid).await;
                deleted.map_err(|error| KeyringError::Bus(error.into()))?;
                self.store.remove(&key.kid).await?;
                tracing::info!(kid = key.kid, "removed an expired key");
                changed = true;
                continue;
            }
            put_if_different(&bucket, key).await?;
            if !key.published {
                self.store.mark_published(&key.kid).await?;
                tracing::info!(kid = key.kid, "published a public key");
                changed = true;
            }
        }
        let statuses: Vec<_> = keys
            .iter()
            .map(|key| KeyStatus {
                published: true,
                ..key.status()
            })
            .collect();
        for serial in superseded(&statuses) {
            self.store.retire(serial, now).await?;
            changed = true;
        }
        Ok(changed)
    }
}

async fn put_if_different(bucket: &Bucket, key: &KeyRecord) -> Result<(), KeyringError> {
    let stored = bucket.get(&key.kid).await;
    let stored = stored.map_err(|error| KeyringError::Bus(error.into()))?;
    if stored.is_some_and(|value| value == key.public.as_bytes()) {
        return Ok(());
    }
    let put = bucket.put(&key.kid, key.public.clone().into()).await;
    put.map(drop).map_err(|error| KeyringError::Bus(error.into()))
}
