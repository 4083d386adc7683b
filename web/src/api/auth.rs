//! Calls of the users API.

use axum::http::Method;
use common::{
    api::{
        Page,
        users::{
            ChangePasswordRequest, CurrentUserResponse, DeleteAccountRequest, OwnUser, SessionEntry,
            SignInRequest, SignUpRequest, UpdateProfileRequest,
        },
    },
    error::ErrorCode,
    ids::{SessionId, UserId},
};

use super::{Api, ApiError, Backend};

/// Sessions per page of the settings.
const SESSIONS: u32 = 20;

/// The visitor's own account.
#[derive(Debug)]
pub struct Account {
    pub user: OwnUser,
    /// For `If-Match`.
    pub version: u64,
}

impl Api {
    /// Creates an account and signs in.
    pub async fn sign_up(&self, request: &SignUpRequest) -> Result<OwnUser, ApiError> {
        self.post(Backend::Auth, "/api/users/signup")
            .json(request)
            .send()
            .await
    }

    /// Signs in.
    pub async fn sign_in(&self, request: &SignInRequest) -> Result<OwnUser, ApiError> {
        self.post(Backend::Auth, "/api/users/signin")
            .json(request)
            .send()
            .await
    }

    /// Ends the current session.
    pub async fn sign_out(&self) -> Result<(), ApiError> {
        self.post(Backend::Auth, "/api/users/signout").send_empty().await
    }

    /// The visitor's own account; `None` if it was deleted or the session was ended.
    pub async fn account(&self) -> Result<Option<Account>, ApiError> {
        let response = self
            .get(Backend::Auth, "/api/users/currentuser")
            .send_raw()
            .await?;
        let version = response.version().unwrap_or_default();
        let current: CurrentUserResponse = response.value()?;
        Ok(current.current_user.map(|user| Account { user, version }))
    }

    /// Updates the profile, if the account is still at `version`.
    pub async fn update_profile(
        &self,
        version: Option<u64>,
        request: &UpdateProfileRequest,
    ) -> Result<OwnUser, ApiError> {
        self.patch(Backend::Auth, "/api/users/me")
            .if_match(version)
            .json(request)
            .send()
            .await
    }

    /// Changes the password and ends all other sessions.
    pub async fn change_password(&self, request: &ChangePasswordRequest) -> Result<(), ApiError> {
        self.put(Backend::Auth, "/api/users/me/password")
            .json(request)
            .send_empty()
            .await
    }

    /// The visitor's sessions, newest first.
    pub async fn sessions(&self, cursor: Option<&str>) -> Result<Page<SessionEntry>, ApiError> {
        self.get(Backend::Auth, "/api/users/me/sessions")
            .page(cursor, SESSIONS)
            .send()
            .await
    }

    /// Ends a session; one that has already ended is no error.
    pub async fn end_session(&self, id: SessionId) -> Result<(), ApiError> {
        let path = format!("/api/users/me/sessions/{id}");
        match self.delete(Backend::Auth, path).send_empty().await {
            Err(error) if error.is(ErrorCode::NotFound) => Ok(()),
            result => result,
        }
    }

    /// Deletes the account.
    pub async fn delete_account(&self, request: &DeleteAccountRequest) -> Result<(), ApiError> {
        self.delete(Backend::Auth, "/api/users/me")
            .json(request)
            .send_empty()
            .await
    }

    /// Follows or unfollows a user.
    pub async fn follow(&self, user: UserId, follow: bool) -> Result<(), ApiError> {
        let method = if follow { Method::PUT } else { Method::DELETE };
        let path = format!("/api/users/{user}/follow");
        self.call(Backend::Auth, method, path).send_empty().await
    }
}
