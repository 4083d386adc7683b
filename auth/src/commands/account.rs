//! Reading and changing the own account.

use std::net::IpAddr;

use common::{
    api::users::{Password, UpdateProfileRequest},
    error::FieldError,
    event::{Timestamp, UserFact},
};
use runtime::{auth::CurrentUser, store::Cause};

use super::{Commands, throttling::account_key};
use crate::{
    domain::{
        account::{Email, Login, Username, bio, display_name},
        session::{Bearer, needs_new_token},
        user::{self, ProfileChange},
    },
    error::AuthError,
    store::{Account, PrivateChange},
};

/// The signed-in user, and a new token if the old one is outdated or half of its lifetime is over.
#[derive(Debug)]
pub struct Current {
    pub account: Account,
    /// The new token.
    pub token: Option<String>,
}

/// An account after a change.
#[derive(Debug)]
pub struct Updated {
    pub account: Account,
    /// A new token, if the user name in the old one is outdated.
    pub token: Option<String>,
}

impl Commands {
    /// The current account of `user`; `None` if it was deleted or the session was ended.
    pub async fn current(&self, user: &CurrentUser) -> Result<Option<Current>, AuthError> {
        let Some(account) = self.stores.users.account(user.id).await? else {
            return Ok(None);
        };
        let claimed = Bearer {
            username: &user.username,
            role: user.role,
        };
        let current = Bearer {
            username: account.username(),
            role: account.user.role,
        };
        let lifetime = (user.issued_at, user.expires_at);
        if !needs_new_token(claimed, current, lifetime, Timestamp::now()) {
            return Ok(Some(Current { account, token: None }));
        }
        let token = self.renew(user, &account).await?;
        Ok(token.map(|token| Current {
            account,
            token: Some(token),
        }))
    }

    /// Changes the profile of `user`.
    ///
    /// # Errors
    /// All violations at once; a name or address that is taken; a missing or wrong password with a new address;
    /// another version than `if_match`.
    pub async fn update_profile(
        &self,
        user: &CurrentUser,
        if_match: Option<u64>,
        request: &UpdateProfileRequest,
        address: IpAddr,
        cause: &Cause,
    ) -> Result<Updated, AuthError> {
        let (change, email) = parse(request)?;
        let account = self.own_account(user).await?;
        let email = email.filter(|email| email.as_str() != account.email);
        if email.is_some() {
            let password = request.password.as_ref().ok_or(AuthError::PasswordRequired)?;
            self.confirm(&account, password, address).await?;
        }
        let private = PrivateChange {
            username: change.username.clone(),
            email: email.clone(),
            ..PrivateChange::default()
        };
        let (new, old) = names(&account, &change, email.as_ref());
        let claimed = self.claim(new, user.id).await?;
        let started = Timestamp::now();
        let committed = self
            .stores
            .users
            .update(user.id, if_match, cause, |current| {
                let decision = user::update_profile(current, &change)?;
                // A new address alone changes nothing public, but has to change the version, which `If-Match` checks.
                let private_only = || (current.clone(), UserFact::ProfileUpdated);
                let decision = decision.or_else(|| email.is_some().then(private_only));
                Ok(decision.map(|decision| (decision, private.clone())))
            })
            .await;
        let stored = match committed {
            Ok(stored) => stored,
            Err(error) => {
                self.release_claimed(claimed).await;
                return Err(error.into());
            }
        };
        for name in &old {
            self.release(name, user.id, started).await;
        }
        let account = Account {
            version: stored.version,
            user: stored.state.0,
            email: email.map_or(account.email, |email| email.as_str().to_owned()),
            password_hash: account.password_hash,
        };
        let token = if account.username() == user.username {
            None
        } else {
            self.renew(user, &account).await?
        };
        Ok(Updated { account, token })
    }

    /// Checks the password of a signed-in user, for commands that a stolen session must not allow. Returns the current
    /// hash.
    pub(super) async fn confirm(
        &self,
        account: &Account,
        password: &Password,
        address: IpAddr,
    ) -> Result<String, AuthError> {
        let key = account_key(Some(account), &Login::Username(String::new()));
        self.check_password(Some(account), &key, password, address).await
    }
}

/// The names to claim, and the names that they replace.
fn names(account: &Account, change: &ProfileChange, email: Option<&Email>) -> (Vec<Login>, Vec<Login>) {
    let username = change.username.as_ref().map(|name| Login::Username(name.key()));
    let email = email.map(|email| Login::Email(email.key()));
    let current = [Login::parse(account.username()), Login::parse(&account.email)];
    [username, email]
        .into_iter()
        .zip(current)
        .filter_map(|(new, old)| new.filter(|new| *new != old).map(|new| (new, old)))
        .unzip()
}

fn parse(request: &UpdateProfileRequest) -> Result<(ProfileChange, Option<Email>), Vec<FieldError>> {
    let mut violations = Vec::new();
    let change = ProfileChange {
        username: checked(request.username.as_deref(), Username::parse, &mut violations),
        name: checked(request.name.as_deref(), display_name, &mut violations),
        bio: checked(request.bio.as_deref(), bio, &mut violations),
    };
    let email = checked(request.email.as_deref(), Email::parse, &mut violations);
    if violations.is_empty() {
        Ok((change, email))
    } else {
        Err(violations)
    }
}

fn checked<T>(
    text: Option<&str>,
    check: impl Fn(&str) -> Result<T, FieldError>,
    violations: &mut Vec<FieldError>,
) -> Option<T> {
    text.and_then(|text| check(text).map_err(|invalid| violations.push(invalid)).ok())
}
