//! Assigning roles. A lower role takes effect at once: the sessions with the higher role end.

use common::{
    event::{Role, UserState},
    ids::UserId,
};
use runtime::store::{Cause, Stored};

use super::Commands;
use crate::{
    domain::user,
    error::AuthError,
    store::{PendingCleanup, PrivateChange, User},
};

impl Commands {
    /// Assigns `role` to `target` on behalf of `assigner`.
    pub async fn set_role(
        &self,
        assigner: UserId,
        target: UserId,
        role: Role,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<Stored<User>, AuthError> {
        let mut cleanup = None;
        let stored = self
            .stores
            .users
            .update(target, if_match, cause, |current| {
                cleanup = cleanup_after(current, role);
                let private = PrivateChange {
                    cleanup: cleanup.clone(),
                    ..PrivateChange::default()
                };
                let decision = user::change_role(current, Some(assigner), role)?;
                Ok(decision.map(|decision| (decision, private)))
            })
            .await?;
        tracing::info!(user = %target, role = role.as_str(), by = %assigner, "assigned a role");
        if let Some(cleanup) = cleanup {
            self.clean_up(target, &cleanup).await?;
        }
        Ok(stored)
    }
}

/// The cleanup that has to follow if `role` is lower than the role of `user`.
pub(crate) fn cleanup_after(user: &UserState, role: Role) -> Option<PendingCleanup> {
    (role < user.role).then(|| PendingCleanup::end_sessions(None))
}
