//! One's own account, as `auth` answers it. Passwords go through and are kept nowhere.

use axum::http::StatusCode;
use common::{
    api::Page,
    event::{Role, Timestamp},
    ids::{SessionId, UserId},
};
use serde::{Deserialize, Serialize};

use super::{Answer, Api, Part, Trouble, with_query};

/// Sessions on one page of settings.
const SESSIONS: &str = "20";

/// Oneself, with what only oneself may see.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    pub id: UserId,
    pub username: String,
    /// The name shown.
    pub name: String,
    /// Plain text.
    pub bio: String,
    pub email: String,
    pub role: Role,
    pub created_at: Timestamp,
}

#[derive(Deserialize)]
struct Current {
    #[serde(rename = "currentUser")]
    current_user: Option<Account>,
}

/// One sign-in on one device.
#[derive(Debug, Clone, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub created_at: Timestamp,
    /// When it was last prolonged.
    pub renewed_at: Timestamp,
    pub expires_at: Timestamp,
    /// What the browser says of itself.
    pub user_agent: String,
    pub address: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Who wants an account.
#[derive(Serialize)]
#[expect(missing_debug_implementations, reason = "a password must not get into a log")]
pub struct SignUp<'a> {
    pub username: &'a str,
    pub email: &'a str,
    pub password: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
}

/// What to change of oneself; what is absent stays.
#[derive(Serialize)]
#[expect(missing_debug_implementations, reason = "a password must not get into a log")]
pub struct ProfileChange<'a> {
    pub username: &'a str,
    pub name: &'a str,
    pub bio: &'a str,
    pub email: &'a str,
    /// Another e-mail address needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'a str>,
}

impl Api {
    /// Makes an account and signs in.
    ///
    /// # Errors
    /// If accounts are away, or the values are refused.
    pub async fn sign_up(&self, body: &SignUp<'_>) -> Result<Answer<Account>, Trouble> {
        self.post(Part::Accounts, "/api/users/signup")
            .json(body)
            .send()
            .await
    }

    /// Signs in, by user name or e-mail address.
    ///
    /// # Errors
    /// If accounts are away, or that is not the password.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<Answer<Account>, Trouble> {
        let body = serde_json::json!({ "login": login, "password": password });
        self.post(Part::Accounts, "/api/users/signin")
            .json(&body)
            .send()
            .await
    }

    /// Ends the session that asks.
    ///
    /// # Errors
    /// If accounts are away.
    pub async fn sign_out(&self) -> Result<(), Trouble> {
        self.post(Part::Accounts, "/api/users/signout").send_empty().await
    }

    /// Oneself; `None` if the account is gone or the session was ended.
    ///
    /// # Errors
    /// If accounts are away.
    pub async fn account(&self) -> Result<Option<Answer<Account>>, Trouble> {
        let answer: Answer<Current> = self.get(Part::Accounts, "/api/users/currentuser").send().await?;
        let (version, stale) = (answer.version, answer.stale);
        let account = answer.value.current_user;
        Ok(account.map(|value| Answer {
            value,
            version,
            stale,
        }))
    }

    /// Changes oneself, if one's account is still at `version`.
    ///
    /// # Errors
    /// If accounts are away, the values are refused, or the account has changed.
    pub async fn change_profile(
        &self,
        version: Option<u64>,
        change: &ProfileChange<'_>,
    ) -> Result<Answer<Account>, Trouble> {
        let call = self.patch(Part::Accounts, "/api/users/me");
        let call = match version {
            Some(version) => call.if_match(version),
            None => call,
        };
        call.json(change).send().await
    }

    /// A password for another; every other session ends.
    ///
    /// # Errors
    /// If accounts are away, the present password is another, or the new one is refused.
    pub async fn change_password(&self, present: &str, new: &str) -> Result<(), Trouble> {
        let body = serde_json::json!({ "current_password": present, "new_password": new });
        self.put(Part::Accounts, "/api/users/me/password")
            .json(&body)
            .send_empty()
            .await
    }

    /// A page of one's sessions, newest first.
    ///
    /// # Errors
    /// If accounts are away.
    pub async fn sessions(&self, after: Option<&str>) -> Result<Answer<Page<Session>>, Trouble> {
        let parameters = [("cursor", after), ("limit", Some(SESSIONS))];
        let path = with_query("/api/users/me/sessions", &parameters);
        self.get(Part::Accounts, path).send().await
    }

    /// Ends one of one's sessions; one that has ended already is no error.
    ///
    /// # Errors
    /// If accounts are away.
    pub async fn end_session(&self, id: SessionId) -> Result<(), Trouble> {
        let path = format!("/api/users/me/sessions/{id}");
        match self.delete(Part::Accounts, path).send_empty().await {
            Err(Trouble::Problem(problem, _)) if problem.status == StatusCode::NOT_FOUND.as_u16() => Ok(()),
            result => result,
        }
    }

    /// Deletes one's account for good.
    ///
    /// # Errors
    /// If accounts are away, or that is not the password.
    pub async fn delete_account(&self, password: &str) -> Result<(), Trouble> {
        let body = serde_json::json!({ "password": password });
        self.delete(Part::Accounts, "/api/users/me")
            .json(&body)
            .send_empty()
            .await
    }
}
