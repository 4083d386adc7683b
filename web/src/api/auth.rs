//! Calls of the users API.

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

use super::{Api, ApiError, Call};

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
    pub fn sign_up(&self, request: &SignUpRequest) -> Call<OwnUser> {
        self.post("/api/users/signup").json(request)
    }

    /// Signs in.
    pub fn sign_in(&self, request: &SignInRequest) -> Call<OwnUser> {
        self.post("/api/users/signin").json(request)
    }

    /// Ends the current session.
    pub fn sign_out(&self) -> Call<()> {
        self.post("/api/users/signout")
    }

    /// The visitor's own account; `None` if it was deleted or the session was ended.
    pub async fn account(&self) -> Result<Option<Account>, ApiError> {
        let call: Call<CurrentUserResponse> = self.get("/api/users/currentuser");
        let response = call.send().await?;
        let version = response.version().unwrap_or_default();
        let current: CurrentUserResponse = response.value()?;
        Ok(current.current_user.map(|user| Account { user, version }))
    }

    /// Updates the profile, if the account is still at `version`.
    pub fn update_profile(&self, version: Option<u64>, request: &UpdateProfileRequest) -> Call<OwnUser> {
        self.patch("/api/users/me").if_match(version).json(request)
    }

    /// Changes the password and ends all other sessions.
    pub fn change_password(&self, request: &ChangePasswordRequest) -> Call<()> {
        self.put("/api/users/me/password").json(request)
    }

    /// The visitor's sessions, newest first.
    pub fn sessions(&self, cursor: Option<&str>) -> Call<Page<SessionEntry>> {
        self.get("/api/users/me/sessions").page(cursor, SESSIONS)
    }

    /// Ends a session; one that has already ended is no error.
    pub async fn end_session(&self, id: SessionId) -> Result<(), ApiError> {
        match self.delete(format!("/api/users/me/sessions/{id}")).await {
            Err(error) if error.is(ErrorCode::NotFound) => Ok(()),
            result => result,
        }
    }

    /// Deletes the account.
    pub fn delete_account(&self, request: &DeleteAccountRequest) -> Call<()> {
        self.delete("/api/users/me").json(request)
    }

    /// Follows or unfollows a user.
    pub fn follow(&self, user: UserId, follow: bool) -> Call<()> {
        self.toggle(format!("/api/users/{user}/follow"), follow)
    }
}
