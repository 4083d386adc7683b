//! The claims of a session token.

use serde::{Deserialize, Serialize};

use crate::{
    event::{Role, Timestamp},
    ids::{SessionId, UserId},
};

/// The issuer of tokens (`iss`).
pub const ISSUER: &str = "inkstream";
/// The audience of tokens (`aud`).
pub const AUDIENCE: &str = "inkstream";

/// The claims of a session token (RFC 7519, section 4.1, and the private claims `name`, `role` and `sid`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The user name when the token was issued.
    pub name: String,
    /// The role when the token was issued.
    pub role: Role,
    /// The session, by which the token can be revoked.
    pub sid: SessionId,
    /// The time of issue, in seconds since 1970.
    pub iat: i64,
    /// The expiry, in seconds since 1970.
    pub exp: i64,
    /// Always [`ISSUER`].
    pub iss: String,
    /// Always [`AUDIENCE`].
    pub aud: String,
}

impl Claims {
    /// Claims that are valid from `issued_at` to `expires_at`.
    pub fn new(
        user: UserId,
        username: impl Into<String>,
        role: Role,
        session: SessionId,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            sub: user,
            name: username.into(),
            role,
            sid: session,
            iat: issued_at.as_secs(),
            exp: expires_at.as_secs(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
        }
    }

    /// The time of issue.
    pub fn issued_at(&self) -> Timestamp {
        from_secs(self.iat)
    }

    /// The expiry.
    pub fn expires_at(&self) -> Timestamp {
        from_secs(self.exp)
    }
}

/// A time beyond the calendar counts as the past.
fn from_secs(secs: i64) -> Timestamp {
    secs.checked_mul(1000)
        .and_then(Timestamp::from_millis)
        .unwrap_or_else(|| Timestamp::from(jiff::Timestamp::UNIX_EPOCH))
}
