//! Conversions from accounts and sessions to the types of the API, and the session cookie.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header, request::Parts},
};
use common::{
    api::users::{OwnUser, PublicUser},
    event::UserState,
};
use runtime::{
    auth::{Verifier, session_cookie, session_removal},
    http::{SetCookie, cookie_value},
};

use crate::commands::Account;

pub(super) fn own_user(account: &Account) -> OwnUser {
    let public = public_user(&account.user);
    OwnUser {
        id: public.id,
        username: public.username,
        name: public.name,
        bio: public.bio,
        email: account.email.clone(),
        role: public.role,
        created_at: public.created_at,
    }
}

pub(super) fn public_user(user: &UserState) -> PublicUser {
    let (username, name, bio) = user
        .profile
        .clone()
        .map(|profile| (profile.username, profile.name, profile.bio))
        .unwrap_or_default();
    PublicUser {
        id: user.id,
        username,
        name,
        bio,
        role: user.role,
        created_at: user.created_at,
    }
}

/// How the client carries its session, which decides how a new token is returned.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionCookie {
    secure: bool,
    /// Whether the request carries the session cookie.
    pub(super) present: bool,
    /// Whether the request carries its token in `Authorization: Bearer`.
    pub(super) bearer: bool,
}

impl SessionCookie {
    /// Sets the cookie to `token`.
    pub(super) fn set(self, token: &str) -> SetCookie {
        SetCookie(session_cookie(token, self.secure))
    }

    /// Removes the cookie.
    pub(super) fn remove(self) -> SetCookie {
        SetCookie(session_removal(self.secure))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SessionCookie
where
    Verifier: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let verifier = Verifier::from_ref(state);
        Ok(Self {
            secure: verifier.secure_cookie(),
            present: cookie_value(&parts.headers, verifier.cookie_name()).is_some(),
            bearer: parts.headers.contains_key(header::AUTHORIZATION),
        })
    }
}
