//! One's own account: looking at it and changing it.

use std::net::IpAddr;

use common::{
    api::users::{Password, UpdateProfileRequest},
    consistency::ConsistencyToken,
    event::{Timestamp, UserFact},
};
use runtime::{auth::CurrentUser, http::RequestContext, store::Cause};

use super::{Commands, throttling::account_key};
use crate::{
    domain::{
        Invalid,
        account::{Email, Login, Username, bio, display_name},
        session::{Bearer, needs_new_token},
        user::{self, ProfileChange},
    },
    error::AuthError,
    store::{Account, PrivateChange},
};

/// Whoever is signed in, and a new token if the old one tells old news or is past half its life.
#[derive(Debug)]
pub struct Current {
    /// Their account.
    pub account: Account,
    /// The new token.
    pub token: Option<String>,
}

/// An account after a change.
#[derive(Debug)]
pub struct Updated {
    /// The account.
    pub account: Account,
    /// To wait for the change with.
    pub consistency: ConsistencyToken,
    /// A new token, if the user name in the old one is not theirs any more.
    pub token: Option<String>,
}

impl Commands {
    /// Who `user` is now; `None` if the account is gone or the session was ended.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn current(&self, user: &CurrentUser) -> Result<Option<Current>, AuthError> {
        let Some(account) = self.stores.users.account(user.id).await? else {
            return Ok(None);
        };
        let claimed = Bearer {
            username: &user.username,
            role: user.role,
        };
        let present = Bearer {
            username: username_of(&account),
            role: account.user.role,
        };
        let life = (user.issued_at, user.expires_at);
        if !needs_new_token(claimed, present, life, Timestamp::now()) {
            return Ok(Some(Current { account, token: None }));
        }
        let token = self.renew(user, &account).await?;
        Ok(token.map(|token| Current {
            account,
            token: Some(token),
        }))
    }

    /// Changes one's own profile.
    ///
    /// # Errors
    /// All that is wrong with the values at once; a name or address that is taken; a missing or wrong password
    /// with another address; another version than `if_match`.
    pub async fn update_profile(
        &self,
        user: &CurrentUser,
        if_match: Option<u64>,
        patch: &UpdateProfileRequest,
        address: IpAddr,
        context: &RequestContext,
    ) -> Result<Updated, AuthError> {
        let (change, email) = parse(patch)?;
        let account = self.own_account(user).await?;
        let email = email.filter(|email| email.as_str() != account.email);
        if email.is_some() {
            let password = patch.password.as_ref().ok_or(AuthError::PasswordNeeded)?;
            self.confirm(&account, password, address).await?;
        }
        let private = PrivateChange {
            username: change.username.clone(),
            email: email.clone(),
            ..PrivateChange::default()
        };
        let (new, old) = names(&account, &change, email.as_ref());
        let claimed = self.claim(new, user.id).await?;
        let begun = Timestamp::now();
        let cause = cause(user, context);
        let committed = self
            .stores
            .users
            .update(user.id, if_match, &cause, |present| {
                let decision = user::update_profile(present, &change)?;
                // Another address alone changes nothing public, yet it is a change of the account: the version
                // counts, so that `If-Match` guards it too.
                let private_only = || (present.clone(), UserFact::ProfileUpdated);
                let decision = decision.or_else(|| email.is_some().then(private_only));
                Ok(decision.map(|decision| (decision, private.clone())))
            })
            .await;
        let stored = match committed {
            Ok(stored) => stored,
            Err(error) => {
                self.give_up(claimed).await;
                return Err(error.into());
            }
        };
        for name in &old {
            self.release(name, user.id, begun).await;
        }
        let consistency = stored.token();
        let account = Account {
            version: i64::try_from(stored.version).unwrap_or(i64::MAX),
            user: stored.state.0,
            email: email.map_or(account.email, |email| email.as_str().to_owned()),
            password_hash: account.password_hash,
        };
        let renamed = username_of(&account) != user.username;
        let token = if renamed {
            self.renew(user, &account).await?
        } else {
            None
        };
        Ok(Updated {
            account,
            consistency,
            token,
        })
    }

    /// Checks the password of somebody who is signed in, before something that a borrowed session must not do.
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

pub(super) fn cause(user: &CurrentUser, context: &RequestContext) -> Cause {
    Cause::user(
        user.id,
        context.correlation_id.clone(),
        context.traceparent.clone(),
    )
}

/// The names that the account will have and has not, and those that it has and will not.
fn names(account: &Account, change: &ProfileChange, email: Option<&Email>) -> (Vec<Login>, Vec<Login>) {
    let username = change.username.as_ref().map(|name| Login::Username(name.key()));
    let email = email.map(|email| Login::Email(email.key()));
    let present = [Login::parse(username_of(account)), Login::parse(&account.email)];
    [username, email]
        .into_iter()
        .zip(present)
        .filter_map(|(new, old)| new.filter(|new| *new != old).map(|new| (new, old)))
        .unzip()
}

fn username_of(account: &Account) -> &str {
    let profile = account.user.profile.as_ref();
    profile.map_or("", |profile| profile.username.as_str())
}

fn parse(patch: &UpdateProfileRequest) -> Result<(ProfileChange, Option<Email>), Vec<Invalid>> {
    let mut wrong = Vec::new();
    let change = ProfileChange {
        username: checked(patch.username.as_deref(), Username::parse, &mut wrong),
        name: checked(patch.name.as_deref(), display_name, &mut wrong),
        bio: checked(patch.bio.as_deref(), bio, &mut wrong),
    };
    let email = checked(patch.email.as_deref(), Email::parse, &mut wrong);
    if wrong.is_empty() {
        Ok((change, email))
    } else {
        Err(wrong)
    }
}

fn checked<T>(
    text: Option<&str>,
    check: impl Fn(&str) -> Result<T, Invalid>,
    wrong: &mut Vec<Invalid>,
) -> Option<T> {
    text.and_then(|text| check(text).map_err(|invalid| wrong.push(invalid)).ok())
}
