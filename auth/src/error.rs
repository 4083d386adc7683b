//! Errors of the commands as errors of the API: one exhaustive match.

use std::time::Duration;

use common::error::{ErrorCode, FieldError};
use runtime::{
    error::ApiError,
    store::{CommandError, StoreError},
};

use crate::{
    domain::{account::Login, follow::FollowError, user::UserError},
    passwords::PasswordError,
    signing::SigningError,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("{} values are invalid", .0.len())]
    Invalid(Vec<FieldError>),
    #[error("the password is required")]
    PasswordRequired,
    #[error("user name or password is wrong")]
    InvalidCredentials,
    #[error("too many wrong passwords")]
    Throttled(Duration),
    #[error("too many accounts from one address")]
    TooManySignUps(Duration),
    #[error("the user name is taken")]
    UsernameTaken,
    #[error("the e-mail address is taken")]
    EmailTaken,
    #[error("the account of the token was deleted")]
    AccountDeleted,
    #[error("there is no such user")]
    NoSuchUser,
    #[error("there is no such session")]
    NoSuchSession,
    #[error("the password was changed at the same time")]
    PasswordChanged,
    #[error("users cannot change their own role")]
    OwnRole,
    #[error("users cannot follow themselves")]
    FollowingOwnAccount,
    #[error("there is no signing key yet")]
    NoSigningKey,
    #[error("the token cannot be signed")]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(StoreError),
}

impl AuthError {
    /// The error for a name that belongs to another account.
    pub(crate) fn taken(name: &Login) -> Self {
        match name {
            Login::Username(_) => Self::UsernameTaken,
            Login::Email(_) => Self::EmailTaken,
        }
    }
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NoSuchUser,
            error => Self::Store(error),
        }
    }
}

impl From<UserError> for AuthError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Deleted => Self::NoSuchUser,
            UserError::OwnRole => Self::OwnRole,
        }
    }
}

impl From<FollowError> for AuthError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::OwnAccount => Self::FollowingOwnAccount,
        }
    }
}

impl From<CommandError<UserError>> for AuthError {
    fn from(error: CommandError<UserError>) -> Self {
        match error {
            CommandError::Domain(error) => error.into(),
            CommandError::Store(error) => error.into(),
        }
    }
}

impl From<Vec<FieldError>> for AuthError {
    fn from(invalid: Vec<FieldError>) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<FieldError> for AuthError {
    fn from(invalid: FieldError) -> Self {
        Self::Invalid(vec![invalid])
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid(invalid) => Self::validation(invalid),
            AuthError::PasswordRequired => Self::field(
                "password",
                ErrorCode::Required,
                "Enter your password to change the e-mail address",
            ),
            AuthError::InvalidCredentials => {
                Self::new(ErrorCode::InvalidCredentials, "User name or password is wrong.")
            }
            AuthError::Throttled(wait) => Self::new(
                ErrorCode::RateLimited,
                "Too many wrong passwords. Wait before the next attempt.",
            )
            .retry_after(wait),
            AuthError::TooManySignUps(wait) => Self::new(
                ErrorCode::RateLimited,
                "Too many accounts were created from this address.",
            )
            .retry_after(wait),
            AuthError::UsernameTaken => {
                Self::new(ErrorCode::UsernameTaken, "This user name is taken.").about("username")
            }
            AuthError::EmailTaken => Self::new(
                ErrorCode::EmailTaken,
                "This e-mail address already belongs to an account.",
            )
            .about("email"),
            AuthError::AccountDeleted => Self::new(
                ErrorCode::InvalidToken,
                "The account of this session was deleted.",
            ),
            AuthError::NoSuchUser => Self::not_found("user"),
            AuthError::NoSuchSession => Self::not_found("session"),
            AuthError::PasswordChanged => Self::new(
                ErrorCode::Contention,
                "The password was changed at the same time. Try again.",
            ),
            AuthError::OwnRole => Self::new(
                ErrorCode::InvalidState,
                "Only another administrator can change your role.",
            ),
            AuthError::FollowingOwnAccount => {
                Self::field("id", ErrorCode::InvalidValue, "You cannot follow yourself")
            }
            AuthError::NoSigningKey => Self::unavailable("signing key", error),
            AuthError::Signing(error) => Self::internal(error),
            AuthError::Password(error) => Self::internal(error),
            AuthError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_names_the_field() {
        for (taken, code, field) in [
            (AuthError::UsernameTaken, ErrorCode::UsernameTaken, "username"),
            (AuthError::EmailTaken, ErrorCode::EmailTaken, "email"),
        ] {
            let error = ApiError::from(taken);
            assert_eq!((error.code(), error.code().status()), (code, 409));
            assert_eq!(error.fields()[0].field.as_deref(), Some(field));
        }
    }

    #[test]
    fn a_throttled_client_gets_the_time_to_wait() {
        let error = ApiError::from(AuthError::Throttled(Duration::from_secs(4)));
        assert_eq!(error.retry_wait(), Some(Duration::from_secs(4)));
    }
}
