//! Keeps the signing keys of all replicas and the public keys of all services in step with the database.
//!
//! One public step, [`Keyring::reconcile_once`], does all of it: the first key is made, a rotation by another replica
//! is noticed, public keys are told on the bus (again, if its bucket was lost), superseded keys retire and spent
//! ones go. The verifier of this service learns keys here, straight from the database, so that it needs no bus.

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
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::keys::{is_spent, signing, superseded},
    signing::{Sealer, SigningError, SigningKey},
    store::{KeyRecord, SigningKeys},
};

/// How often it looks. A rotation by another replica is noticed within this time.
const INTERVAL: Duration = Duration::from_secs(3);
/// How often until there is a key and the bus was told once: nobody can sign in anywhere before.
const FIRST_INTERVAL: Duration = Duration::from_millis(250);

/// Why a step could not be done. The next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The database.
    #[error("the signing keys cannot be read or written")]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The public key.
    #[error("a stored public key cannot be used")]
    Public(#[from] runtime::auth::InvalidKey),
    /// The bus.
    #[error("the public keys cannot be published")]
    Bus(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The keys, shared by all who sign and show them.
#[derive(Debug)]
pub struct Keyring {
    store: SigningKeys,
    sealer: Sealer,
    bus: Bus,
    verifier: Verifier,
    known: RwLock<Known>,
    wake: Notify,
}

/// What one step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Database, bus and this process know the same keys.
    Done,
    /// Nobody else can be told now.
    BusIsAway,
}

#[derive(Debug, Default)]
struct Known {
    signing: Option<Arc<SigningKey>>,
    public: KeySet,
}

impl Keyring {
    /// A keyring that knows no key yet.
    pub fn new(store: SigningKeys, sealer: Sealer, bus: Bus, verifier: Verifier) -> Self {
        Self {
            store,
            sealer,
            bus,
            verifier,
            known: RwLock::default(),
            wake: Notify::new(),
        }
    }

    /// The key that signs now; `None` until the database was reached once.
    pub fn signing_key(&self) -> Option<Arc<SigningKey>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.signing.clone()
    }

    /// The public keys of all tokens that may live; before the database was reached, those known from the bus.
    pub fn public_keys(&self) -> JwkSet {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.public.is_empty() {
            self.verifier.keys().to_jwks()
        } else {
            known.public.to_jwks()
        }
    }

    /// Makes a key that will sign in place of the present one, which signs no more once the new one is known to
    /// all services.
    ///
    /// # Errors
    /// If the database is away; [`StoreError::Duplicate`] if somebody else made one at this moment.
    pub async fn generate(&self) -> Result<KeyRecord, KeyringError> {
        self.store.ensure_indexes().await?;
        let latest = self.store.all().await?.last().map_or(0, |key| key.serial);
        self.add(latest + 1).await
    }

    async fn add(&self, serial: i64) -> Result<KeyRecord, KeyringError> {
        let key = SigningKey::generate(&self.sealer)?;
        let record = self.store.insert(&key, serial, Timestamp::now()).await?;
        tracing::info!(kid = record.kid, serial, "made a signing key");
        Ok(record)
    }

    /// Reconciles until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (mut told, mut complained) = (false, false);
        loop {
            let outcome = self.reconcile_once().await;
            told |= matches!(outcome, Ok(Step::Done));
            let pause = if told && self.signing_key().is_some() {
                INTERVAL
            } else {
                FIRST_INTERVAL
            };
            match outcome {
                Ok(_) => complained = false,
                Err(error) if std::mem::replace(&mut complained, true) => {
                    tracing::debug!(error = chain(&error), "the signing keys are not in step yet");
                }
                Err(error) => tracing::warn!(error = chain(&error), "the signing keys are not in step"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One step.
    ///
    /// # Errors
    /// If the database is away or holds a key that cannot be used, or the bus takes none; what could be done is
    /// done.
    pub async fn reconcile_once(&self) -> Result<Step, KeyringError> {
        let keys = self.load().await?;
        let opened = self.learn(&keys);
        if !self.bus.is_connected() {
            return opened.map(|()| Step::BusIsAway);
        }
        // Without a key that opens there may still be one to publish.
        if self.tell(&keys).await? {
            let keys = self.load().await?;
            self.learn(&keys)?;
        } else {
            opened?;
        }
        Ok(Step::Done)
    }

    async fn load(&self) -> Result<Vec<KeyRecord>, KeyringError> {
        let keys = self.store.all().await?;
        if !keys.is_empty() {
            return Ok(keys);
        }
        self.store.ensure_indexes().await?;
        match self.add(1).await {
            // Another replica was faster.
            Ok(_) | Err(KeyringError::Store(StoreError::Duplicate { .. })) => Ok(self.store.all().await?),
            Err(error) => Err(error),
        }
    }

    /// Takes the keys over: public ones for the verifier, the one that signs for the tokens.
    fn learn(&self, keys: &[KeyRecord]) -> Result<(), KeyringError> {
        let now = Timestamp::now();
        let mut public = KeySet::new();
        for key in keys
            .iter()
            .filter(|key| !is_spent(&key.status(), SESSION_LIFETIME, now))
        {
            public.insert_json(&key.kid, key.public.as_bytes())?;
        }
        if *self.verifier.keys() != public {
            self.verifier.set_keys(public.clone());
        }
        let statuses: Vec<_> = keys.iter().map(KeyRecord::status).collect();
        let chosen = signing(&statuses).and_then(|serial| keys.iter().find(|key| key.serial == serial));
        let present = self.signing_key();
        let opened = match chosen {
            Some(key) if present.as_ref().is_some_and(|present| present.kid() == key.kid) => Ok(present),
            Some(key) => SigningKey::open(&self.sealer, &key.kid, &key.sealed).map(|key| Some(Arc::new(key))),
            None => Ok(None),
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.public = public;
        match opened {
            Ok(signing) => {
                if let Some(key) = &signing
                    && known
                        .signing
                        .as_ref()
                        .is_none_or(|former| former.kid() != key.kid())
                {
                    tracing::info!(kid = key.kid(), "signing with this key");
                }
                known.signing = signing;
                Ok(())
            }
            // The key that signed goes on; the operator is told.
            Err(error) => Err(error.into()),
        }
    }

    /// Tells the bus what it does not know; whether something changed in the database.
    async fn tell(&self, keys: &[KeyRecord]) -> Result<bool, KeyringError> {
        let bucket = self.bus.jetstream().get_key_value(KEYS_BUCKET).await;
        let bucket = bucket.map_err(|error| KeyringError::Bus(error.into()))?;
        let now = Timestamp::now();
        let mut changed = false;
        for key in keys {
            if is_spent(&key.status(), SESSION_LIFETIME, now) {
                let deleted = bucket.delete(&key.kid).await;
                deleted.map_err(|error| KeyringError::Bus(error.into()))?;
                self.store.remove(&key.kid).await?;
                tracing::info!(kid = key.kid, "removed a spent key");
                changed = true;
                continue;
            }
            put_if_other(&bucket, key).await?;
            if !key.published {
                self.store.published(&key.kid).await?;
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

async fn put_if_other(bucket: &Bucket, key: &KeyRecord) -> Result<(), KeyringError> {
    let present = bucket.get(&key.kid).await;
    let present = present.map_err(|error| KeyringError::Bus(error.into()))?;
    if present.is_some_and(|value| value == key.public.as_bytes()) {
        return Ok(());
    }
    let put = bucket.put(&key.kid, key.public.clone().into()).await;
    put.map(drop).map_err(|error| KeyringError::Bus(error.into()))
}
