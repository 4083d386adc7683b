//! Signing in.

use common::{api::users::Password, event::Timestamp};
use runtime::auth::SESSION_LIFETIME;

use super::{Commands, Device, throttling::account_key};
use crate::{
    domain::{account::Login, session},
    error::AuthError,
    store::{Account, Session},
};

/// A user who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub account: Account,
    /// The token of the new session.
    pub token: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Commands {
    /// Signs a user in by user name or e-mail address, in any case.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] for a wrong password as for an unknown user; [`AuthError::Throttled`] after too
    /// many of them, whatever the password is.
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
        self.start_session(account, device).await
    }

    /// Starts a session of `account`, whose password hash was just verified or created.
    pub(super) async fn start_session(
        &self,
        account: Account,
        device: Device,
    ) -> Result<SignedIn, AuthError> {
        let now = Timestamp::now();
        let expires_at = session::expiry(now, SESSION_LIFETIME);
        let user_agent = session::user_agent(&device.user_agent);
        let address = device.address.to_string();
        let session = Session::start(account.user.id, now, expires_at, user_agent, address);
        self.stores.sessions.insert(&session).await?;
        // A concurrent change of the password or role, or a deletion, ends all sessions of that moment, but may have
        // missed this one. So the account is loaded again.
        let current = self.stores.users.account(account.user.id).await?;
        let Some(current) = current.filter(|current| current.password_hash == account.password_hash) else {
            let ended = self.stores.sessions.end(session.id, account.user.id).await?;
            self.revocations.revoke(&ended);
            return Err(AuthError::InvalidCredentials);
        };
        let token = self.token(&current, session.id, now, expires_at)?;
        tracing::info!(user = %current.user.id, session = %session.id, "signed in");
        Ok(SignedIn {
            account: current,
            token,
            expires_at,
        })
    }
}
