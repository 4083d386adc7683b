//! Why a command failed, and what the client is told: one exhaustive match.

use std::time::Duration;

use common::error::{ErrorCode, FieldError};
use runtime::{
    error::ApiError,
    store::{CommandError, StoreError},
};

use crate::{
    domain::{Invalid, Problem, follow::FollowError, user::UserError},
    passwords::PasswordError,
    signing::SigningError,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Some values are refused.
    #[error("{} values are refused", .0.len())]
    Invalid(Vec<Invalid>),
    /// Another e-mail address needs the password.
    #[error("the password is needed")]
    PasswordNeeded,
    /// User name or password is wrong.
    #[error("user name or password is wrong")]
    InvalidCredentials,
    /// Too many wrong passwords; the next attempt waits.
    #[error("too many wrong passwords")]
    Throttled(Duration),
    /// Too many accounts from one address.
    #[error("too many accounts from one address")]
    TooManySignUps(Duration),
    /// The user name belongs to somebody.
    #[error("the user name is taken")]
    UsernameTaken,
    /// The e-mail address belongs to an account.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// The token is right, its account is gone.
    #[error("the account of the token is gone")]
    AccountGone,
    /// The session was ended at this moment.
    #[error("the session was ended")]
    SessionEnded,
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// There is no such session.
    #[error("there is no such session")]
    NoSuchSession,
    /// The password was changed by somebody else at this moment.
    #[error("the password was changed at the same time")]
    PasswordChanged,
    /// Nobody changes their own role.
    #[error("nobody changes their own role")]
    OwnRole,
    /// Nobody follows themselves.
    #[error("nobody follows themselves")]
    FollowingOneself,
    /// No key has been loaded yet.
    #[error("there is no signing key yet")]
    NoSigningKey,
    /// A token could not be made.
    #[error("the token cannot be made")]
    Signing(#[from] SigningError),
    /// A password could not be hashed or checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store.
    #[error(transparent)]
    Store(StoreError),
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
            FollowError::Oneself => Self::FollowingOneself,
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

impl From<Vec<Invalid>> for AuthError {
    fn from(invalid: Vec<Invalid>) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Invalid> for AuthError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(vec![invalid])
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid(invalid) => Self::validation(invalid.into_iter().map(field_error).collect()),
            AuthError::PasswordNeeded => Self::field(
                "password",
                ErrorCode::Required,
                "must be given to change the e-mail address",
            ),
            AuthError::InvalidCredentials => {
                Self::new(ErrorCode::InvalidCredentials, "User name or password is wrong.")
            }
            AuthError::Throttled(wait) => Self::new(
                ErrorCode::RateLimited,
                "Too many wrong passwords; wait before the next attempt.",
            )
            .retry_after(wait),
            AuthError::TooManySignUps(wait) => Self::new(
                ErrorCode::RateLimited,
                "Too many accounts were made from this address.",
            )
            .retry_after(wait),
            AuthError::UsernameTaken => {
                Self::new(ErrorCode::UsernameTaken, "The user name is taken.").about("username")
            }
            AuthError::EmailTaken => Self::new(
                ErrorCode::EmailTaken,
                "An account has this e-mail address already.",
            )
            .about("email"),
            AuthError::AccountGone => {
                Self::new(ErrorCode::InvalidToken, "The account of this session is gone.")
            }
            AuthError::SessionEnded => {
                Self::new(ErrorCode::SessionRevoked, "The session was ended; sign in again.")
            }
            AuthError::NoSuchUser => Self::not_found("user"),
            AuthError::NoSuchSession => Self::not_found("session"),
            AuthError::PasswordChanged => Self::new(
                ErrorCode::Contention,
                "The password was changed at the same time; try again.",
            ),
            AuthError::OwnRole => Self::new(
                ErrorCode::InvalidState,
                "Another administrator has to change your role.",
            ),
            AuthError::FollowingOneself => Self::field("id", ErrorCode::InvalidValue, "is your own"),
            AuthError::NoSigningKey => Self::unavailable("signing key", error),
            AuthError::Signing(error) => Self::internal(error),
            AuthError::Password(error) => Self::internal(error),
            AuthError::Store(error) => error.into(),
        }
    }
}

fn field_error(invalid: Invalid) -> FieldError {
    let code = match invalid.problem {
        Problem::TooShort => ErrorCode::TooShort,
        Problem::TooLong => ErrorCode::TooLong,
        Problem::Format => ErrorCode::InvalidFormat,
        Problem::NotAllowed => ErrorCode::InvalidValue,
        Problem::CommonPassword => ErrorCode::CommonPassword,
    };
    FieldError {
        message: invalid.message,
        field: Some(invalid.field.to_owned()),
        code,
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
    fn whoever_guesses_is_told_how_long_to_wait() {
        let error = ApiError::from(AuthError::Throttled(Duration::from_secs(4)));
        assert_eq!(error.retry_wait(), Some(Duration::from_secs(4)));
    }
}
