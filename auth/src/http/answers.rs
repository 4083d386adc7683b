//! What several endpoints answer or take.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use common::{
    event::{Role, Timestamp, UserState},
    ids::UserId,
};
use runtime::{
    auth::{Verifier, session_cookie, session_removal},
    http::SetCookie,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::commands::Account;

/// Oneself, with what only oneself may see.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnUser {
    pub(super) id: UserId,
    #[schema(example = "ann")]
    username: String,
    /// The name shown
    #[schema(example = "Ann Other")]
    name: String,
    /// Plain text
    bio: String,
    #[schema(example = "ann@example.org")]
    email: String,
    role: Role,
    created_at: Timestamp,
}

impl From<&Account> for OwnUser {
    fn from(account: &Account) -> Self {
        let public = PublicUser::from(&account.user);
        Self {
            id: public.id,
            username: public.username,
            name: public.name,
            bio: public.bio,
            email: account.email.clone(),
            role: public.role,
            created_at: public.created_at,
        }
    }
}

/// Somebody, as everybody may see them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublicUser {
    id: UserId,
    #[schema(example = "ann")]
    username: String,
    /// The name shown
    name: String,
    /// Plain text
    bio: String,
    role: Role,
    created_at: Timestamp,
}

impl From<&UserState> for PublicUser {
    fn from(user: &UserState) -> Self {
        let profile = user.profile.clone();
        let (username, name, bio) = profile
            .map(|profile| (profile.username, profile.name, profile.bio))
            .unwrap_or_default();
        Self {
            id: user.id,
            username,
            name,
            bio,
            role: user.role,
            created_at: user.created_at,
        }
    }
}

/// The cookies of this request's answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionCookie {
    secure: bool,
    /// Whether the request brought the session cookie.
    pub(super) present: bool,
    /// Whether the token comes as `Authorization: Bearer`: then it is not a cookie's.
    pub(super) bearer: bool,
}

impl SessionCookie {
    /// The part of an answer that carries `token`.
    pub(super) fn set(self, token: &str) -> SetCookie {
        SetCookie(session_cookie(token, self.secure))
    }

    /// The part of an answer that takes the token away.
    pub(super) fn remove(self) -> SetCookie {
        SetCookie(session_removal(self.secure))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SessionCookie
where
    Verifier: axum::extract::FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let verifier = <Verifier as axum::extract::FromRef<S>>::from_ref(state);
        let name = format!("{}=", verifier.cookie_name());
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let mut texts = cookies.filter_map(|value| value.to_str().ok());
        Ok(Self {
            secure: verifier.secure_cookie(),
            present: texts.any(|text| text.contains(&name)),
            bearer: parts.headers.contains_key(header::AUTHORIZATION),
        })
    }
}

/// For a field that may be absent but not `null`.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

pub(super) fn version(account: &Account) -> u64 {
    u64::try_from(account.version).unwrap_or_default()
}
