//! Claiming user names and e-mail addresses.

use common::{event::Timestamp, ids::UserId};

use super::Commands;
use crate::{domain::account::Login, error::AuthError};

/// Names that a command has claimed and must give up if it fails.
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
            let taken = match &name {
                Login::Username(_) => AuthError::UsernameTaken,
                Login::Email(_) => AuthError::EmailTaken,
            };
            match self.claim_one(&name, user, at).await {
                Ok(true) => claimed.names.push(name),
                Ok(false) => {
                    self.give_up(claimed).await;
                    return Err(taken);
                }
                Err(error) => {
                    self.give_up(claimed).await;
                    return Err(error);
                }
            }
        }
        Ok(claimed)
    }

    async fn claim_one(&self, name: &Login, user: UserId, at: Timestamp) -> Result<bool, AuthError> {
        if self.is_anothers(name, user).await? || !self.stores.names.claim(name, user, at).await? {
            return Ok(false);
        }
        // An account may have got the name, by a claim that gave way to this one, since it was looked at.
        if self.is_anothers(name, user).await? {
            self.stores.names.release(name, user, at).await?;
            return Ok(false);
        }
        Ok(true)
    }

    async fn is_anothers(&self, name: &Login, user: UserId) -> Result<bool, AuthError> {
        let account = self.stores.users.account_by_login(name).await?;
        Ok(account.is_some_and(|account| account.user.id != user))
    }

    /// The command failed: what it claimed is free again.
    pub(super) async fn give_up(&self, claimed: Claimed) {
        for name in &claimed.names {
            self.release(name, claimed.user, claimed.at).await;
        }
    }

    /// The account has other names now: `name`, claimed at `until` or before, is free again.
    pub(super) async fn release(&self, name: &Login, user: UserId, until: Timestamp) {
        // What happened has happened; a claim that stays gives way to the next who wants the name.
        if let Err(error) = self.stores.names.release(name, user, until).await {
            tracing::warn!(%user, %error, "a name was not released");
        }
    }
}
