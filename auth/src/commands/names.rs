//! Claiming user names and e-mail addresses.

use common::{event::Timestamp, ids::UserId};

use super::Commands;
use crate::{domain::account::Login, error::AuthError};

/// Names that a command has claimed, and has to release if it fails.
#[derive(Debug)]
pub(super) struct Claimed {
    names: Vec<Login>,
    user: UserId,
    at: Timestamp,
}

impl Commands {
    /// Claims all `names` for `user`, or none.
    pub(super) async fn claim(&self, names: Vec<Login>, user: UserId) -> Result<Claimed, AuthError> {
        let at = Timestamp::now();
        let mut claimed = Claimed {
            names: Vec::new(),
            user,
            at,
        };
        for name in names {
            if let Err(error) = self.claim_one(&name, user, at).await {
                self.release_claimed(claimed).await;
                return Err(error);
            }
            claimed.names.push(name);
        }
        Ok(claimed)
    }

    async fn claim_one(&self, name: &Login, user: UserId, at: Timestamp) -> Result<(), AuthError> {
        if self.taken_by_other(name, user).await? || !self.stores.names.claim(name, user, at).await? {
            return Err(AuthError::taken(name));
        }
        // Since the first check an account may have got the name by a claim that this one has taken over.
        if self.taken_by_other(name, user).await? {
            self.stores.names.release(name, user, at).await?;
            return Err(AuthError::taken(name));
        }
        Ok(())
    }

    async fn taken_by_other(&self, name: &Login, user: UserId) -> Result<bool, AuthError> {
        let account = self.stores.users.account_by_login(name).await?;
        Ok(account.is_some_and(|account| account.user.id != user))
    }

    /// Releases the names that a failed command has claimed.
    pub(super) async fn release_claimed(&self, claimed: Claimed) {
        for name in &claimed.names {
            self.release(name, claimed.user, claimed.at).await;
        }
    }

    /// Releases a former name, claimed at `until` or before.
    pub(super) async fn release(&self, name: &Login, user: UserId, until: Timestamp) {
        // The commit stands; a claim that stays can be taken over later.
        if let Err(error) = self.stores.names.release(name, user, until).await {
            tracing::warn!(%user, %error, "a name was not released");
        }
    }
}
