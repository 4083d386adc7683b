//! The claims of a session token.

use serde::{Deserialize, Serialize};

use crate::{
    event::{Role, Timestamp},
    ids::{SessionId, UserId},
};

/// Who makes tokens (`iss`).
pub const ISSUER: &str = "inkstream";
/// Whom tokens are for (`aud`).
pub const AUDIENCE: &str = "inkstream";

/// The claims of a session token (RFC 7519, section 4.1, and `name`, `role`, `sid` of our own).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose token it is.
    pub sub: UserId,
    /// Their user name when the token was made.
    pub name: String,
    /// What they might do when the token was made.
    pub role: Role,
    /// The session, by which the token can be revoked.
    pub sid: SessionId,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
    /// Always [`ISSUER`].
    pub iss: String,
    /// Always [`AUDIENCE`].
    pub aud: String,
}

impl Claims {
    /// Claims of ours from `issued_at` to `expires_at`.
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

    /// When it was made.
    pub fn issued_at(&self) -> Timestamp {
        from_secs(self.iat)
    }

    /// When it expires.
    pub fn expires_at(&self) -> Timestamp {
        from_secs(self.exp)
    }
}

/// A time beyond the calendar counts as long past.
fn from_secs(secs: i64) -> Timestamp {
    secs.checked_mul(1000)
        .and_then(Timestamp::from_millis)
        .unwrap_or_else(|| Timestamp::from(jiff::Timestamp::UNIX_EPOCH))
}
