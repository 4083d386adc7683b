//! Changing one's password, which ends all other sessions.

use std::net::IpAddr;

use common::{api::users::Password, event::Timestamp};
use runtime::auth::CurrentUser;

use super::Commands;
use crate::{domain::password, error::AuthError, store::Unfinished};

impl Commands {
    /// Changes the password of `user`; every session but this one ends.
    ///
    /// # Errors
    /// If the present password is wrong, the new one is not acceptable, or another change was faster.
    pub async fn change_password(
        &self,
        user: &CurrentUser,
        current: &Password,
        new: &Password,
        address: IpAddr,
    ) -> Result<(), AuthError> {
        let account = self.own_account(user).await?;
        let username = account
            .user
            .profile
            .as_ref()
            .map_or("", |profile| &profile.username);
        password::check("new_password", new.expose(), username, &account.email)?;
        let old_hash = self.confirm(&account, current, address).await?;
        let new_hash = self.passwords.hash(new).await?;
        let unfinished = Unfinished {
            at: Timestamp::now(),
            keep_session: Some(user.session_id),
            account_gone: false,
        };
        let replaced = self
            .stores
            .users
            .replace_password(user.id, &old_hash, &new_hash, Some(&unfinished))
            .await?;
        if !replaced {
            return Err(AuthError::PasswordChanged);
        }
        tracing::info!(user = %user.id, "changed the password");
        self.finish(user.id, &unfinished).await
    }
}
