//! Checking passwords with delays, so that guessing one takes too long.
//!
//! Wrong passwords are counted per account (also for unknown users, so that a delay reveals nothing) and per address.
//! Each replica checks one password of an account at a time, so concurrent attempts gain nothing over consecutive ones.

use std::net::IpAddr;

use aws_lc_rs::digest;
use common::{api::users::Password, event::Timestamp};

use super::Commands;
use crate::{
    domain::{
        account::Login,
        throttle::{MEMORY, Quota},
    },
    error::AuthError,
    passwords::Verification,
    store::Account,
};

/// The key of an account's counter, the same for its user name and its address. An unknown login may be anything, even a
/// password in the wrong field, so only its hash is stored.
pub(super) fn account_key(account: Option<&Account>, login: &Login) -> String {
    match account {
        Some(account) => format!("account:{}", account.user.id),
        None => {
            let hash = digest::digest(&digest::SHA256, login.key().as_bytes());
            format!("login:{}", hex::encode(hash.as_ref()))
        }
    }
}

fn address_key(action: &str, address: IpAddr, quota: Quota, now: Timestamp) -> String {
    format!("{action}:{address}:{}", quota.window(now))
}

impl Commands {
    /// Checks `password` against `account`; for an unknown user it fails after the same time. Returns the current hash,
    /// which is replaced if its parameters are outdated.
    pub(super) async fn check_password(
        &self,
        account: Option<&Account>,
        key: &str,
        password: &Password,
        address: IpAddr,
    ) -> Result<String, AuthError> {
        let _lock = self.locks.lock(key).await;
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
            (Verification::Correct { outdated }, Some(account)) => {
                metrics::counter!("auth_passwords_total", "outcome" => "right").increment(1);
                if counts.contains_key(key) {
                    self.stores.throttles.clear(key).await?;
                }
                self.current_hash(account, password, outdated).await
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

    async fn current_hash(
        &self,
        account: &Account,
        password: &Password,
        outdated: bool,
    ) -> Result<String, AuthError> {
        let former = &account.password_hash;
        if outdated {
            let hash = self.passwords.hash(password).await?;
            let users = &self.stores.users;
            if users
                .replace_password(account.user.id, former, &hash, None)
                .await?
            {
                return Ok(hash);
            }
            // A concurrent request did the same, or changed the password, which the caller notices.
        }
        Ok(former.clone())
    }

    /// Refuses a new account from an address that has reached its quota.
    pub(super) async fn check_sign_ups(&self, address: IpAddr) -> Result<(), AuthError> {
        let (quota, now) = (self.limits.sign_ups, Timestamp::now());
        if quota.limit == 0 {
            return Ok(());
        }
        let key = address_key("signups", address, quota, now);
        let counts = self.stores.throttles.counts(&[&key]).await?;
        let wait = counts
            .get(&key)
            .and_then(|created| quota.wait(created.count, now));
        wait.map_or(Ok(()), |wait| Err(AuthError::TooManySignUps(wait)))
    }

    /// Counts a new account.
    pub(super) async fn count_sign_up(&self, address: IpAddr) {
        let (quota, now) = (self.limits.sign_ups, Timestamp::now());
        if quota.limit == 0 {
            return;
        }
        let key = address_key("signups", address, quota, now);
        // The account exists; a failure to count it must not fail the request.
        if let Err(error) = self.stores.throttles.add(&key, now, quota.period).await {
            tracing::warn!(%error, "a sign-up was not counted");
        }
    }
}
