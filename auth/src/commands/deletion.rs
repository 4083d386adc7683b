//! Deleting an account.

use std::net::IpAddr;

use common::{api::users::Password, consistency::ConsistencyToken, event::Timestamp};
use runtime::{auth::CurrentUser, store::Cause};

use super::Commands;
use crate::{
    domain::user,
    error::AuthError,
    store::{PendingCleanup, PrivateChange},
};

impl Commands {
    /// Deletes the account of `user`: a tombstone remains, and the private part is deleted in the same write. All
    /// sessions end and the names are released now; follows of and by the user end soon.
    pub async fn delete_account(
        &self,
        user: &CurrentUser,
        if_match: Option<u64>,
        password: &Password,
        address: IpAddr,
        cause: &Cause,
    ) -> Result<ConsistencyToken, AuthError> {
        let account = self.own_account(user).await?;
        self.confirm(&account, password, address).await?;
        let private = PrivateChange {
            cleanup: Some(PendingCleanup {
                at: Timestamp::now(),
                keep_session: None,
                account_deleted: true,
            }),
            erase: true,
            ..PrivateChange::default()
        };
        let stored = self
            .stores
            .users
            .update(user.id, if_match, cause, |current| {
                Ok(Some((user::delete(current)?, private.clone())))
            })
            .await?;
        tracing::info!(user = %user.id, "deleted the account");
        self.end_all_sessions(user.id, None).await?;
        self.stores.names.release_all(user.id).await?;
        self.cleanup.notify_one();
        Ok(stored.token())
    }
}
