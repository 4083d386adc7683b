//! Authentication as an argument of the handler, so that a missing check shows in the signature.

use std::{borrow::Borrow, ops::Deref};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use common::{
    claims::Claims,
    error::ErrorCode,
    event::{Role, Timestamp},
    ids::{SessionId, UserId},
};

use super::Verifier;
use crate::{
    error::ApiError,
    http::cookies::{bearer_token, cookie_value},
};

/// The signed-in user; a request without one is rejected with 401.
///
/// The token is taken from `Authorization: Bearer`, else from the session cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentUser {
    /// The id.
    pub id: UserId,
    /// The user name when the token was issued.
    pub username: String,
    /// The role when the token was issued.
    pub role: Role,
    /// The session.
    pub session_id: SessionId,
    /// When the token was issued.
    pub issued_at: Timestamp,
    /// When the token expires.
    pub expires_at: Timestamp,
}

impl CurrentUser {
    /// Whether the user is a moderator or an administrator.
    pub fn is_moderator(&self) -> bool {
        self.role >= Role::Moderator
    }

    /// Whether the user is an administrator.
    pub fn is_admin(&self) -> bool {
        self.role >= Role::Admin
    }

    /// The actor in events: `user:<id>`.
    pub fn actor(&self) -> String {
        format!("user:{}", self.id)
    }
}

impl From<Claims> for CurrentUser {
    fn from(claims: Claims) -> Self {
        Self {
            id: claims.sub,
            role: claims.role,
            session_id: claims.sid,
            issued_at: claims.issued_at(),
            expires_at: claims.expires_at(),
            username: claims.name,
        }
    }
}

/// The signed-in user, if there is one. An invalid or expired token in the cookie counts as not signed in; one in
/// `Authorization: Bearer` was sent on purpose and is rejected with 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaybeUser(pub Option<CurrentUser>);

/// A moderator or administrator; other users are rejected with 403, requests without a user with 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moderator(pub CurrentUser);

/// An administrator; other users are rejected with 403, requests without a user with 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin(pub CurrentUser);

macro_rules! derefs_to_user {
    ($($name:ident)+) => {$(
        impl Deref for $name {
            type Target = CurrentUser;

            fn deref(&self) -> &CurrentUser {
                &self.0
            }
        }

        impl Borrow<CurrentUser> for $name {
            fn borrow(&self) -> &CurrentUser {
                &self.0
            }
        }
    )+};
}

derefs_to_user! { Moderator Admin }

enum Credential<'a> {
    Bearer(&'a str),
    Cookie(String),
    None,
}

fn credential<'a>(headers: &'a HeaderMap, verifier: &Verifier) -> Credential<'a> {
    if let Some(token) = bearer_token(headers) {
        return Credential::Bearer(token);
    }
    match cookie_value(headers, verifier.cookie_name()) {
        Some(token) if !token.is_empty() => Credential::Cookie(token),
        _ => Credential::None,
    }
}

impl<S> FromRequestParts<S> for CurrentUser
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let verifier = Verifier::from_ref(state);
        let claims = match credential(&parts.headers, &verifier) {
            Credential::Bearer(token) => verifier.verify(token)?,
            Credential::Cookie(token) => verifier.verify(&token)?,
            Credential::None => {
                return Err(ApiError::new(ErrorCode::Unauthenticated, "Sign in to continue."));
            }
        };
        Ok(claims.into())
    }
}

impl<S> FromRequestParts<S> for MaybeUser
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let verifier = Verifier::from_ref(state);
        let claims = match credential(&parts.headers, &verifier) {
            Credential::Bearer(token) => Some(verifier.verify(token)?),
            Credential::Cookie(token) => verifier.verify(&token).ok(),
            Credential::None => None,
        };
        Ok(Self(claims.map(CurrentUser::from)))
    }
}

impl<S> FromRequestParts<S> for Moderator
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let user = CurrentUser::from_request_parts(parts, state).await?;
        if user.is_moderator() {
            Ok(Self(user))
        } else {
            Err(forbidden("a moderator"))
        }
    }
}

impl<S> FromRequestParts<S> for Admin
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let user = CurrentUser::from_request_parts(parts, state).await?;
        if user.is_admin() {
            Ok(Self(user))
        } else {
            Err(forbidden("an administrator"))
        }
    }
}

fn forbidden(role: &str) -> ApiError {
    ApiError::new(ErrorCode::Forbidden, format!("This requires the role of {role}."))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::auth::test_issuer::verifier_of;
    use testkit::TestIssuer;

    #[derive(Clone)]
    struct State(Verifier);

    impl FromRef<State> for Verifier {
        fn from_ref(state: &State) -> Self {
            state.0.clone()
        }
    }

    async fn get<T: FromRequestParts<State, Rejection = ApiError>>(
        state: &State,
        headers: &[(&str, String)],
    ) -> Result<T, ErrorCode> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        T::from_request_parts(&mut parts, state)
            .await
            .map_err(|error| error.code())
    }

    #[tokio::test]
    async fn the_bearer_wins_over_the_cookie() {
        let issuer = TestIssuer::new("k");
        let state = State(verifier_of(&issuer));
        let (ann, bob) = (issuer.claims(), issuer.claims());
        let cookie = ("cookie", format!("a=b; session={}", issuer.sign(&ann)));
        let bearer = ("authorization", format!("bearer {}", issuer.sign(&bob)));
        assert_eq!(
            get::<CurrentUser>(&state, std::slice::from_ref(&cookie))
                .await
                .map(|user| user.id),
            Ok(ann.sub)
        );
        assert_eq!(
            get::<CurrentUser>(&state, &[cookie, bearer])
                .await
                .map(|user| user.id),
            Ok(bob.sub)
        );
        assert_eq!(
            get::<CurrentUser>(&state, &[]).await,
            Err(ErrorCode::Unauthenticated)
        );
    }

    #[tokio::test]
    async fn a_stale_cookie_is_ignored_and_a_stale_bearer_is_refused() {
        let issuer = TestIssuer::new("k");
        let state = State(verifier_of(&issuer));
        let cookie = [("cookie", "session=stale".to_owned())];
        let bearer = [("authorization", "Bearer stale".to_owned())];
        assert_eq!(get::<MaybeUser>(&state, &cookie).await, Ok(MaybeUser(None)));
        assert_eq!(
            get::<MaybeUser>(&state, &bearer).await,
            Err(ErrorCode::InvalidToken)
        );
        assert_eq!(
            get::<CurrentUser>(&state, &cookie).await,
            Err(ErrorCode::InvalidToken)
        );
    }

    #[tokio::test]
    async fn roles_are_ordered() {
        let issuer = TestIssuer::new("k");
        let state = State(verifier_of(&issuer));
        let token = |role| {
            [(
                "authorization",
                format!("Bearer {}", issuer.sign(&issuer.claims_as(role))),
            )]
        };
        assert!(get::<Moderator>(&state, &token(Role::Moderator)).await.is_ok());
        assert!(get::<Moderator>(&state, &token(Role::Admin)).await.is_ok());
        assert_eq!(
            get::<Moderator>(&state, &token(Role::Author)).await,
            Err(ErrorCode::Forbidden)
        );
        assert_eq!(
            get::<Admin>(&state, &token(Role::Moderator)).await,
            Err(ErrorCode::Forbidden)
        );
        assert_eq!(get::<Admin>(&state, &[]).await, Err(ErrorCode::Unauthenticated));
    }
}
