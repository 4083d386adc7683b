//! Changing the own password, which ends all other sessions.

use std::net::IpAddr;

use common::api::users::Password;
use runtime::auth::CurrentUser;

use super::Commands;
use crate::{domain::password, error::AuthError, store::PendingCleanup};

impl Commands {
    /// Changes the password of `user`, and ends all sessions but the current one.
    ///
    /// # Errors
    /// If the current password is wrong, the new one is refused, or it was changed at the same time.
    pub async fn change_password(
        &self,
        user: &CurrentUser,
        current: &Password,
        new: &Password,
        address: IpAddr,
    ) -> Result<(), AuthError> {
        let account = self.own_account(user).await?;
        password::check("new_password", new.expose(), account.username(), &account.email)?;
        let old_hash = self.confirm(&account, current, address).await?;
        let new_hash = self.passwords.hash(new).await?;
        let cleanup = PendingCleanup::end_sessions(Some(user.session_id));
        let replaced = self
            .stores
            .users
            .replace_password(user.id, &old_hash, &new_hash, Some(&cleanup))
            .await?;
        if !replaced {
            return Err(AuthError::PasswordChanged);
        }
        tracing::info!(user = %user.id, "changed the password");
        self.clean_up(user.id, &cleanup).await
    }
}
