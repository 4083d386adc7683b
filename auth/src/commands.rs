//! The commands of the service: each loads, lets the domain decide, and commits.

mod account;
mod cleanup;
mod deletion;
mod follows;
mod locks;
mod names;
mod password;
mod roles;
mod sessions;
mod signin;
mod signup;
mod throttling;

use std::{net::IpAddr, sync::Arc};

use common::{claims::Claims, event::Timestamp, ids::SessionId};
use runtime::auth::{CurrentUser, SESSION_LIFETIME};
use tokio::sync::Notify;

pub use crate::store::Account;
pub use account::{Current, Updated};
pub(crate) use roles::cleanup_after;
pub use signin::SignedIn;

use crate::{
    domain::{session, throttle::Limits},
    error::AuthError,
    keyring::Keyring,
    passwords::Passwords,
    revocations::Revocations,
    store::Stores,
};
use locks::AccountLocks;

/// The origin of a request, as a session records it.
#[derive(Debug, Clone)]
pub struct Device {
    /// The key of limits per address: an IPv4 address, or an IPv6 network.
    pub limit_key: IpAddr,
    /// The client's address.
    pub address: IpAddr,
    /// The `User-Agent`.
    pub user_agent: String,
}

/// The commands and what they share.
#[derive(Debug)]
pub struct Commands {
    stores: Stores,
    passwords: Passwords,
    keyring: Arc<Keyring>,
    revocations: Arc<Revocations>,
    limits: Limits,
    locks: AccountLocks,
    cleanup: Notify,
}

impl Commands {
    /// The commands on `stores`.
    pub fn new(
        stores: Stores,
        passwords: Passwords,
        keyring: Arc<Keyring>,
        revocations: Arc<Revocations>,
        limits: Limits,
    ) -> Self {
        Self {
            stores,
            passwords,
            keyring,
            revocations,
            limits,
            locks: AccountLocks::default(),
            cleanup: Notify::new(),
        }
    }

    /// Signs a token of `session` for `account`.
    fn token(
        &self,
        account: &Account,
        session: SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String, AuthError> {
        let key = self.keyring.signing_key().ok_or(AuthError::NoSigningKey)?;
        let user = &account.user;
        let claims = Claims::new(user.id, account.username(), user.role, session, now, expires_at);
        Ok(key.sign(&claims)?)
    }

    /// Renews the session of `user` and returns a new token; `None` if the session was ended.
    async fn renew(&self, user: &CurrentUser, account: &Account) -> Result<Option<String>, AuthError> {
        let now = Timestamp::now();
        let expires_at = session::expiry(now, SESSION_LIFETIME);
        // Signed first: without a token the session must not be renewed.
        let token = self.token(account, user.session_id, now, expires_at)?;
        let renewed = self
            .stores
            .sessions
            .renew(user.session_id, now, expires_at)
            .await?;
        Ok(renewed.then_some(token))
    }

    /// The account of the signed-in user.
    async fn own_account(&self, user: &CurrentUser) -> Result<Account, AuthError> {
        let account = self.stores.users.account(user.id).await?;
        account.ok_or(AuthError::AccountDeleted)
    }
}
