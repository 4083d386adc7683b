//! Giving roles. A lower role takes effect at once: the sessions in which it was higher end.

use common::{
    event::{Role, Timestamp, UserState},
    ids::UserId,
};
use runtime::store::{Cause, Stored};

use super::Commands;
use crate::{
    domain::user,
    error::AuthError,
    store::{PrivateChange, Unfinished, User},
};

impl Commands {
    /// Gives `target` a role, in the name of `giver`.
    ///
    /// # Errors
    /// If there is no such user, it is the giver, or it has another version than `if_match`.
    pub async fn set_role(
        &self,
        giver: UserId,
        target: UserId,
        role: Role,
        if_match: Option<u64>,
        cause: &Cause,
    ) -> Result<Stored<User>, AuthError> {
        let mut promised = None;
        let stored = self
            .stores
            .users
            .update(target, if_match, cause, |present| {
                promised = lowering(present, role);
                let decision = user::change_role(present, Some(giver), role)?;
                Ok(decision.map(|decision| (decision, PrivateChange::promising(promised.clone()))))
            })
            .await?;
        tracing::info!(user = %target, role = role.as_str(), by = %giver, "gave a role");
        if let Some(unfinished) = promised {
            self.finish(target, &unfinished).await?;
        }
        Ok(stored)
    }
}

/// What must follow if `role` is lower than that of `present`.
pub(crate) fn lowering(present: &UserState, role: Role) -> Option<Unfinished> {
    (role < present.role).then(|| Unfinished {
        at: Timestamp::now(),
        keep_session: None,
        account_gone: false,
    })
}
