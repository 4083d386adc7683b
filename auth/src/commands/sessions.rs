//! Listing and ending own sessions.

use common::{
    event::Timestamp,
    ids::{SessionId, UserId},
};
use runtime::auth::CurrentUser;

use super::Commands;
use crate::{error::AuthError, store::Session};

impl Commands {
    /// At most `limit` active sessions of `user` after `after`, newest first.
    pub async fn sessions(
        &self,
        user: UserId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Session>, AuthError> {
        let sessions = &self.stores.sessions;
        Ok(sessions.list(user, Timestamp::now(), after, limit).await?)
    }

    /// Ends a session of `user`. Idempotent.
    pub async fn end_session(&self, user: &CurrentUser, id: SessionId) -> Result<(), AuthError> {
        let ended = self.stores.sessions.end(id, user.id).await?;
        let session = ended.ok_or(AuthError::NoSuchSession)?;
        self.revocations.revoke([&session]);
        tracing::info!(user = %user.id, session = %id, "ended a session");
        Ok(())
    }

    /// Ends the current session of `user`. Idempotent.
    ///
    /// # Errors
    /// If the database is unavailable: the session then continues.
    pub async fn sign_out(&self, user: &CurrentUser) -> Result<(), AuthError> {
        let ended = self.stores.sessions.end(user.session_id, user.id).await?;
        self.revocations.revoke(&ended);
        tracing::info!(user = %user.id, session = %user.session_id, "signed out");
        Ok(())
    }

    /// Ends all sessions of `user` but `keep`.
    pub(super) async fn end_all_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
    ) -> Result<(), AuthError> {
        let ended = self.stores.sessions.end_all(user, keep).await?;
        self.revocations.revoke(&ended);
        Ok(())
    }
}
