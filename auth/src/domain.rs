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

/// A value that violates a rule, and its field in the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Invalid {
    /// The field's name.
    pub field: &'static str,
    /// The kind of violation.
    pub problem: Problem,
    pub message: String,
}

/// A kind of violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Shorter than allowed.
    TooShort,
    /// Longer than allowed.
    TooLong,
    /// Malformed.
    Format,
    /// Well formed, but reserved.
    NotAllowed,
    /// A password that is easily guessed.
    CommonPassword,
}

impl Invalid {
    fn new(field: &'static str, problem: Problem, message: impl Into<String>) -> Self {
        Self {
            field,
            problem,
            message: message.into(),
        }
    }
}

/// Refuses fewer than `min` or more than `max` characters.
fn length(field: &'static str, text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    let count = text.chars().count();
    if count < min {
        let characters = if min == 1 { "character" } else { "characters" };
        let message = format!("Enter at least {min} {characters}");
        Err(Invalid::new(field, Problem::TooShort, message))
    } else if count > max {
        let message = format!("Enter at most {max} characters");
        Err(Invalid::new(field, Problem::TooLong, message))
    } else {
        Ok(())
    }
}
