//! What can be asked of this service: each command loads, lets the domain decide, and commits.

mod account;
mod deletion;
mod follows;
mod names;
mod password;
mod roles;
mod sessions;
mod signin;
mod signup;
mod throttling;

use std::{net::IpAddr, sync::Arc};

use common::{claims::Claims, event::Timestamp, ids::SessionId};
use runtime::{auth::CurrentUser, store::Cause};
use tokio::sync::Notify;

pub use crate::store::Account;
pub use account::{Current, Updated};
pub(crate) use roles::lowering;
pub use signin::SignedIn;
pub use throttling::Limits;

use crate::{
    domain::session,
    error::AuthError,
    keyring::Keyring,
    passwords::Passwords,
    revocations::RevocationHandle,
    store::{Session, Stores},
};
use throttling::Turns;

/// Where a request comes from, as a session remembers it.
#[derive(Debug, Clone)]
pub struct Device {
    /// What counts together for limits: an address, or an IPv6 network.
    pub limit_key: IpAddr,
    /// The client's address.
    pub address: IpAddr,
    /// What the browser says of itself.
    pub user_agent: String,
}

/// Everything that commands stand on.
#[derive(Debug)]
pub struct Commands {
    pub(crate) stores: Stores,
    pub(crate) passwords: Passwords,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) revocations: RevocationHandle,
    pub(crate) limits: Limits,
    turns: Turns,
    unfinished: Notify,
}

impl Commands {
    /// Commands on these stores.
    pub fn new(
        stores: Stores,
        passwords: Passwords,
        keyring: Arc<Keyring>,
        revocations: RevocationHandle,
        limits: Limits,
    ) -> Self {
        Self {
            stores,
            passwords,
            keyring,
            revocations,
            limits,
            turns: Turns::default(),
            unfinished: Notify::new(),
        }
    }

    /// The token of `session` for `account`.
    fn token(
        &self,
        account: &Account,
        session: SessionId,
        now: Timestamp,
        end: Timestamp,
    ) -> Result<String, AuthError> {
        let key = self.keyring.signing_key().ok_or(AuthError::NoSigningKey)?;
        let user = &account.user;
        let username = user
            .profile
            .as_ref()
            .map_or("", |profile| profile.username.as_str());
        Ok(key.sign(&Claims::new(user.id, username, user.role, session, now, end))?)
    }

    /// Prolongs the session of `user` and makes its token anew; `None` if the session was ended.
    async fn renew(&self, user: &CurrentUser, account: &Account) -> Result<Option<String>, AuthError> {
        let now = Timestamp::now();
        let end = session::expiry(now, runtime::auth::SESSION_LIFETIME);
        // Made first: a token that cannot be made must not prolong anything.
        let token = self.token(account, user.session_id, now, end)?;
        let renewed = self.stores.sessions.renew(user.session_id, now, end).await?;
        Ok(renewed.then_some(token))
    }

    /// The account of whoever is signed in.
    async fn own_account(&self, user: &CurrentUser) -> Result<Account, AuthError> {
        self.stores
            .users
            .account(user.id)
            .await?
            .ok_or(AuthError::AccountGone)
    }

    /// These sessions are ended in the database; everybody is told.
    fn tell_ended(&self, ended: impl IntoIterator<Item = Session>) {
        for session in ended {
            self.revocations.ended(session);
        }
    }
}

/// Nobody is signed in yet, so the service itself is the actor.
fn anonymous(correlation_id: &str, traceparent: Option<String>) -> Cause {
    Cause {
        traceparent,
        ..Cause::service(crate::NAME, correlation_id)
    }
}
