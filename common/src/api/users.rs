//! The users API, `/api/users`: accounts, sessions, follows and roles.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::patch::not_null;
use crate::{
    event::{Role, Timestamp},
    ids::{SessionId, UserId},
};

/// A password in a request: `Debug` hides it, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// The password itself; it must not reach errors or logs.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// A user account as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnUser {
    /// The user
    pub id: UserId,
    /// The user name
    #[cfg_attr(feature = "openapi", schema(example = "ann"))]
    pub username: String,
    /// The display name
    #[cfg_attr(feature = "openapi", schema(example = "Ann Other"))]
    pub name: String,
    /// Plain text
    pub bio: String,
    /// Visible to the owner only
    #[cfg_attr(feature = "openapi", schema(example = "ann@example.org"))]
    pub email: String,
    /// The role
    pub role: Role,
    /// When the account was created
    pub created_at: Timestamp,
}

/// The public part of a user account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicUser {
    /// The user
    pub id: UserId,
    /// The user name
    #[cfg_attr(feature = "openapi", schema(example = "ann"))]
    pub username: String,
    /// The display name
    pub name: String,
    /// Plain text
    pub bio: String,
    /// The role
    pub role: Role,
    /// When the account was created
    pub created_at: Timestamp,
}

/// The account of the signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurrentUserResponse {
    /// `null` if the client is not signed in
    #[serde(rename = "currentUser")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub current_user: Option<OwnUser>,
    /// A new token, for a client that sent a bearer token whose user name or role is outdated or whose lifetime is
    /// half over
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required = false, nullable = false))]
    pub token: Option<String>,
}

/// A new account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct SignUpRequest {
    /// 3 to 32 of `A-Z a-z 0-9 _ -`, starting with a letter or digit; unique regardless of case
    #[cfg_attr(
        feature = "openapi",
        schema(
            example = "ann",
            min_length = 3,
            max_length = 32,
            pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
        )
    )]
    pub username: String,
    /// Never shown to other users
    #[cfg_attr(feature = "openapi", schema(example = "ann@example.org", format = Email, min_length = 3, max_length = 254))]
    pub email: String,
    /// 8 to 128 characters, not a common password
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 8, max_length = 128))]
    pub password: Password,
    /// The display name, 1 to 80 characters; the user name by default
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(required = false, nullable = false, min_length = 1, max_length = 80)
    )]
    pub name: Option<String>,
    /// At most 500 characters, plain text
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(required = false, nullable = false, max_length = 500)
    )]
    pub bio: Option<String>,
    /// Return the token in the body instead of setting a cookie
    #[serde(default)]
    pub token: bool,
}

/// The credentials of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// User name or e-mail address, in any case
    #[cfg_attr(feature = "openapi", schema(example = "ann"))]
    pub login: String,
    /// The password
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub password: Password,
    /// Return the token in the body instead of setting a cookie
    #[serde(default)]
    pub token: bool,
}

/// The account of the user who signed in; with `"token": true` also the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum SignInResponse {
    /// The token is in the session cookie.
    User(OwnUser),
    /// The token is in the body.
    Token(TokenResponse),
}

/// The account of the user who signed in, and a token for `Authorization: Bearer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenResponse {
    /// The account
    pub user: OwnUser,
    /// The bearer token
    pub token: String,
    /// When the token expires
    pub expires_at: Timestamp,
}

/// Changes to the user's own account; absent fields stay unchanged.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct UpdateProfileRequest {
    /// The new user name: 3 to 32 of `A-Z a-z 0-9 _ -`, starting with a letter or digit
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(
            required = false,
            nullable = false,
            min_length = 3,
            max_length = 32,
            pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
        )
    )]
    pub username: Option<String>,
    /// The new display name, 1 to 80 characters
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(required = false, nullable = false, min_length = 1, max_length = 80)
    )]
    pub name: Option<String>,
    /// The new bio, at most 500 characters
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(required = false, nullable = false, max_length = 500)
    )]
    pub bio: Option<String>,
    /// The new e-mail address; requires `password`
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(required = false, nullable = false, format = Email, min_length = 3, max_length = 254))]
    pub email: Option<String>,
    /// The current password
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(required = false, nullable = false, value_type = String, format = Password))]
    pub password: Option<Password>,
}

/// The current and the new password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The current password
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub current_password: Password,
    /// The new password: 8 to 128 characters, not a common password
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 8, max_length = 128))]
    pub new_password: Password,
}

/// Confirmation that the owner deletes the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct DeleteAccountRequest {
    /// The current password
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub password: Password,
}

/// A session: one sign-in on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionEntry {
    /// The session
    pub id: SessionId,
    /// When the user signed in
    pub created_at: Timestamp,
    /// When the session was last renewed
    pub renewed_at: Timestamp,
    /// When the session expires
    pub expires_at: Timestamp,
    /// The browser's `User-Agent`, at most 200 characters
    pub user_agent: String,
    /// The client's IP address
    pub address: String,
    /// Whether this is the session of the request
    pub current: bool,
}

/// A role that can be assigned. Unlike [`Role`] in events, an unknown name is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AssignableRole {
    /// Reads, writes posts and comments.
    Author,
    /// Also decides on comments and reports.
    Moderator,
    /// Also assigns roles.
    Admin,
}

impl From<AssignableRole> for Role {
    fn from(role: AssignableRole) -> Self {
        match role {
            AssignableRole::Author => Self::Author,
            AssignableRole::Moderator => Self::Moderator,
            AssignableRole::Admin => Self::Admin,
        }
    }
}

/// The role to assign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "validation", derive(validator::Validate))]
#[serde(deny_unknown_fields)]
pub struct SetRoleRequest {
    /// The new role
    pub role: AssignableRole,
}
