//! Checking a password, so that guessing takes for ever.
//!
//! Wrong passwords are counted per account (existing or not, so that the waits tell nothing) and per address.
//! Attempts at one account take turns on each replica: however many come at once, no more are checked than in a row.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    time::Duration,
};

use aws_lc_rs::digest;
use common::{api::users::Password, event::Timestamp};
use tokio::sync::{Mutex, MutexGuard};

use super::Commands;
use crate::{
    domain::{
        account::Login,
        throttle::{MEMORY, Quota},
    },
    error::AuthError,
    passwords::Verdict,
    store::Account,
};

/// What one address may do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Wrong passwords.
    pub failures: Quota,
    /// New accounts.
    pub sign_ups: Quota,
}

impl Limits {
    /// So many wrong passwords in 15 minutes, and so many new accounts in an hour; 0 means any number.
    pub fn new(failures: u32, sign_ups: u32) -> Self {
        let quota = |limit, minutes: u64| Quota {
            limit,
            period: Duration::from_secs(minutes * 60),
        };
        Self {
            failures: quota(failures, 15),
            sign_ups: quota(sign_ups, 60),
        }
    }
}

/// One attempt at a time for each account. A fixed number of locks, so that no flood of names fills the memory; two
/// accounts share one by chance, not by choice.
#[derive(Debug)]
pub(super) struct Turns {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            locks: (0..1024).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Turns {
    async fn take(&self, key: &str) -> MutexGuard<'_, ()> {
        let slot = self.hasher.hash_one(key) as usize % self.locks.len();
        self.locks[slot].lock().await
    }
}

/// The counter of an account's failures. Its name and its address share one; of what is typed in vain, which may be
/// anything, even a password in the wrong field, only a hash is kept.
pub(super) fn account_key(account: Option<&Account>, login: &Login) -> String {
    match account {
        Some(account) => format!("account:{}", account.user.id),
        None => {
            let hash = digest::digest(&digest::SHA256, login.key().as_bytes());
            format!("login:{}", hex::encode(hash.as_ref()))
        }
    }
}

fn address_key(what: &str, address: IpAddr, quota: Quota, now: Timestamp) -> String {
    format!("{what}:{address}:{}", quota.window(now))
}

impl Commands {
    /// Checks `password` against `account`; nobody's password is wrong after the same time. Answers the hash that
    /// the account has now: a right password with an outdated one is hashed anew.
    pub(super) async fn check_password(
        &self,
        account: Option<&Account>,
        key: &str,
        password: &Password,
        address: IpAddr,
    ) -> Result<String, AuthError> {
        let _turn = self.turns.take(key).await;
        let now = Timestamp::now();
        let quota = self.limits.failures;
        let address_key = address_key("failures", address, quota, now);
        let counts = self.stores.throttles.counts(&[key, &address_key]).await?;
        let account_wait = counts.get(key).and_then(|failures| failures.wait(now));
        let address_wait = counts
            .get(&address_key)
            .and_then(|failures| quota.wait(failures.count, now));
        if let Some(wait) = account_wait.max(address_wait) {
            metrics::counter!("auth_passwords_total", "outcome" => "throttled").increment(1);
            return Err(AuthError::Throttled(wait));
        }
        let hash = account.map(|account| account.password_hash.as_str());
        match (self.passwords.verify(password, hash).await?, account) {
            (Verdict::Right { outdated }, Some(account)) => {
                metrics::counter!("auth_passwords_total", "outcome" => "right").increment(1);
                if counts.contains_key(key) {
                    self.stores.throttles.clear(key).await?;
                }
                self.present_hash(account, password, outdated).await
            }
            _ => {
                metrics::counter!("auth_passwords_total", "outcome" => "wrong").increment(1);
                let now = Timestamp::now();
                self.stores.throttles.add(key, now, MEMORY).await?;
                if quota.limit > 0 {
                    self.stores.throttles.add(&address_key, now, quota.period).await?;
                }
                Err(AuthError::InvalidCredentials)
            }
        }
    }

    async fn present_hash(
        &self,
        account: &Account,
        password: &Password,
        outdated: bool,
    ) -> Result<String, AuthError> {
        if !outdated {
            return Ok(account.password_hash.clone());
        }
        let hash = self.passwords.hash(password).await?;
        let replaced = self
            .stores
            .users
            .replace_password(account.user.id, &account.password_hash, &hash, None)
            .await?;
        // Whoever was faster did the same, or changed the password, which the caller finds out.
        Ok(if replaced {
            hash
        } else {
            account.password_hash.clone()
        })
    }

    /// Refuses another account from an address that made too many.
    pub(super) async fn check_sign_ups(&self, address: IpAddr) -> Result<(), AuthError> {
        let (quota, now) = (self.limits.sign_ups, Timestamp::now());
        if quota.limit == 0 {
            return Ok(());
        }
        let key = address_key("signups", address, quota, now);
        let counts = self.stores.throttles.counts(&[&key]).await?;
        let wait = counts.get(&key).and_then(|made| quota.wait(made.count, now));
        wait.map_or(Ok(()), |wait| Err(AuthError::TooManySignUps(wait)))
    }

    /// Counts an account that was made.
    pub(super) async fn count_sign_up(&self, address: IpAddr) {
        let (quota, now) = (self.limits.sign_ups, Timestamp::now());
        if quota.limit == 0 {
            return;
        }
        let key = address_key("signups", address, quota, now);
        // The account is there; that it was not counted must not undo it.
        if let Err(error) = self.stores.throttles.add(&key, now, quota.period).await {
            tracing::warn!(%error, "a sign-up was not counted");
        }
    }
}
