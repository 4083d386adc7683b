//! One's sessions: where one is signed in, and ending that.

use common::{
    event::Timestamp,
    ids::{SessionId, UserId},
};
use runtime::auth::CurrentUser;

use super::Commands;
use crate::{error::AuthError, store::Session};

impl Commands {
    /// The sessions of `user` that go on, newest first, one more than `limit` if there are more.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sessions(
        &self,
        user: &CurrentUser,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Session>, AuthError> {
        let limit = i64::from(limit) + 1;
        Ok(self
            .stores
            .sessions
            .list(user.id, Timestamp::now(), after, limit)
            .await?)
    }

    /// Ends one of the sessions of `user`. Doing it twice is doing it once.
    ///
    /// # Errors
    /// If it is not theirs or was never there.
    pub async fn end_session(&self, user: &CurrentUser, id: SessionId) -> Result<(), AuthError> {
        let ended = self.stores.sessions.end(id, user.id).await?;
        let session = ended.ok_or(AuthError::NoSuchSession)?;
        self.tell_ended([session]);
        tracing::info!(user = %user.id, session = %id, "ended a session");
        Ok(())
    }

    /// Ends all sessions of `user` but `keep`.
    pub(super) async fn end_all_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
    ) -> Result<(), AuthError> {
        let ended = self.stores.sessions.end_all(user, keep).await?;
        self.tell_ended(ended);
        Ok(())
    }
}
