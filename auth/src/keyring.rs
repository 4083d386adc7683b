//! Synchronises the signing keys of all replicas and the public keys of all services with the database.
//!
//! One public step, [`Keyring::reconcile_once`], does it all: it creates the first key, notices a rotation by another
//! replica, publishes public keys (again if the bucket was lost), retires superseded keys, and removes expired ones. The
//! verifier of this service gets its keys here, directly from the database, so it does not need the bus.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_nats::jetstream::kv::Store as Bucket;
use common::{error::chain, event::Timestamp};
use jsonwebtoken::jwk::JwkSet;
use runtime::{
    auth::{KEYS_BUCKET, KeySet, SESSION_LIFETIME, Verifier},
    bus::Bus,
    store::StoreError,
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::keys::{is_expired, signing, superseded},
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
    loaded: RwLock<Loaded>,
}

/// The result of a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Database, bus and this process have the same keys.
    Synchronised,
    /// The public keys are not published yet.
    BusUnavailable,
}

#[derive(Debug, Default)]
struct Loaded {
    signing: Option<Arc<SigningKey>>,
    public: KeySet,
}

impl Keyring {
    /// A keyring without keys, until the first reconciliation.
    pub fn new(store: SigningKeys, sealer: Sealer, bus: Bus, verifier: Verifier) -> Self {
        Self {
            store,
            sealer,
            bus,
            verifier,
            loaded: RwLock::default(),
        }
    }

    /// The key that signs now; `None` before the first reconciliation.
    pub fn signing_key(&self) -> Option<Arc<SigningKey>> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.signing.clone()
    }

    /// Checks that there is a key to sign with, for `/readyz`.
    ///
    /// # Errors
    /// If there is none yet.
    pub fn check(&self) -> Result<(), String> {
        let key = self.signing_key();
        key.map(drop)
            .ok_or_else(|| "there is no signing key yet".to_owned())
    }

    /// The public keys of all tokens that may be valid; before the first reconciliation those known from the bus.
    pub fn public_keys(&self) -> JwkSet {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        if loaded.public.is_empty() {
            self.verifier.keys().to_jwks()
        } else {
            loaded.public.to_jwks()
        }
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
        let (mut published, mut failing) = (false, false);
        loop {
            let outcome = self.reconcile_once().await;
            published |= matches!(outcome, Ok(Step::Synchronised));
            let pause = if published && self.signing_key().is_some() {
                INTERVAL
            } else {
                FIRST_INTERVAL
            };
            match outcome {
                Ok(_) => failing = false,
                Err(error) if std::mem::replace(&mut failing, true) => {
                    tracing::debug!(
                        error = chain(&error),
                        "the signing keys are still not synchronised"
                    );
                }
                Err(error) => tracing::warn!(error = chain(&error), "the signing keys are not synchronised"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
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
        for key in keys
            .iter()
            .filter(|key| !is_expired(&key.status(), SESSION_LIFETIME, now))
        {
            public.insert_json(&key.kid, key.public.as_bytes())?;
        }
        if *self.verifier.keys() != public {
            self.verifier.set_keys(public.clone());
        }
        let statuses: Vec<_> = keys.iter().map(KeyRecord::status).collect();
        let chosen = signing(&statuses).and_then(|serial| keys.iter().find(|key| key.serial == serial));
        let current = self.signing_key();
        let opened = match chosen {
            Some(key) if current.as_ref().is_some_and(|current| current.kid() == key.kid) => Ok(current),
            Some(key) => SigningKey::open(&self.sealer, &key.kid, &key.sealed).map(|key| Some(Arc::new(key))),
            None => Ok(None),
        };
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.public = public;
        match opened {
            Ok(signing) => {
                if let Some(key) = &signing
                    && loaded
                        .signing
                        .as_ref()
                        .is_none_or(|former| former.kid() != key.kid())
                {
                    tracing::info!(kid = key.kid(), "signing with this key");
                }
                loaded.signing = signing;
                Ok(())
            }
            // The former key goes on signing.
            Err(error) => Err(error.into()),
        }
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
            .map(|key| crate::domain::keys::KeyStatus {
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
