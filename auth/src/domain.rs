//! The rules for users, sessions, follows, keys and passwords.
//!
//! Pure: no I/O, clock, randomness or JSON. Times and ids are arguments, so every rule is tested beside its code.

pub mod account;
pub mod follow;
pub mod keys;
pub mod password;
pub mod session;
pub mod throttle;
pub mod user;

use common::error::{ErrorCode, FieldError};

/// Refuses fewer than `min` or more than `max` characters.
fn length(field: &str, text: &str, min: usize, max: usize) -> Result<(), FieldError> {
    let count = text.chars().count();
    if count < min {
        let characters = if min == 1 { "character" } else { "characters" };
        let message = format!("Enter at least {min} {characters}");
        Err(FieldError::new(field, ErrorCode::TooShort, message))
    } else if count > max {
        let message = format!("Enter at most {max} characters");
        Err(FieldError::new(field, ErrorCode::TooLong, message))
    } else {
        Ok(())
    }
}
