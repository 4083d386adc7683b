//! Signing in and out.

use common::{api::users::Password, event::Timestamp};
use runtime::auth::{CurrentUser, SESSION_LIFETIME};

use super::{Commands, Device, throttling::account_key};
use crate::{
    domain::{account::Login, session},
    error::AuthError,
    store::{Account, Session},
};

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// Their token.
    pub token: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Commands {
    /// Signs in by user name or e-mail address, in any case.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] for a wrong password and for nobody alike; [`AuthError::Throttled`] after
    /// too many of them, without a look at the password.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &Password,
        device: Device,
    ) -> Result<SignedIn, AuthError> {
        let login = Login::parse(login);
        let account = self.stores.users.account_by_login(&login).await?;
        let key = account_key(account.as_ref(), &login);
        let hash = self
            .check_password(account.as_ref(), &key, password, device.limit_key)
            .await?;
        let mut account = account.ok_or(AuthError::InvalidCredentials)?;
        account.password_hash = hash;
        self.begin_session(account, device).await
    }

    /// Begins a session of `account`, whose password hash was just checked or made.
    pub(super) async fn begin_session(
        &self,
        account: Account,
        device: Device,
    ) -> Result<SignedIn, AuthError> {
        let now = Timestamp::now();
        let expires_at = session::expiry(now, SESSION_LIFETIME);
        let user_agent = session::user_agent(&device.user_agent);
        let address = device.address.to_string();
        let session = Session::begin(account.user.id, now, expires_at, user_agent, address);
        self.stores.sessions.insert(&session).await?;
        // Whoever changed the password, took the role or deleted the account meanwhile ended all sessions that there
        // were; this one may have come after that. So what counts is what the account is now.
        let present = self.stores.users.account(account.user.id).await?;
        let Some(present) = present.filter(|present| present.password_hash == account.password_hash) else {
            let ended = self.stores.sessions.end(session.id, account.user.id).await?;
            self.tell_ended(ended);
            return Err(AuthError::InvalidCredentials);
        };
        let token = self.token(&present, session.id, now, expires_at)?;
        tracing::info!(user = %present.user.id, session = %session.id, "signed in");
        Ok(SignedIn {
            account: present,
            token,
            expires_at,
        })
    }

    /// Ends the session of `user`. Doing it twice is doing it once.
    ///
    /// # Errors
    /// If the database is away: the session then goes on, and the caller is told so.
    pub async fn sign_out(&self, user: &CurrentUser) -> Result<(), AuthError> {
        let ended = self.stores.sessions.end(user.session_id, user.id).await?;
        self.tell_ended(ended);
        tracing::info!(user = %user.id, session = %user.session_id, "signed out");
        Ok(())
    }
}
