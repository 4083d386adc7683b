//! What may happen to users and follows, and by which rules.
//!
//! Pure: no I/O, clock, randomness or JSON. Times and ids come in as arguments, so every rule is tested beside it.

pub mod account;
pub mod follow;
pub mod keys;
pub mod password;
pub mod session;
pub mod throttle;
pub mod user;

/// A value that a rule refuses, and where it stood in the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Invalid {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong, for programs.
    pub problem: Problem,
    /// What is wrong, for people.
    pub message: String,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Shorter than allowed.
    TooShort,
    /// Longer than allowed.
    TooLong,
    /// Of another shape.
    Format,
    /// Well formed and yet not to be had.
    NotAllowed,
    /// A password that everybody tries first.
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

/// Refuses fewer than `min` or more than `max` characters. Characters, not bytes: people count those.
fn length(field: &'static str, text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    let count = text.chars().count();
    if count < min {
        Err(Invalid::new(
            field,
            Problem::TooShort,
            match count {
                0 => format!("is empty, at least {min} characters are needed"),
                1 => format!("has 1 character, at least {min} are needed"),
                _ => format!("has {count} characters, at least {min} are needed"),
            },
        ))
    } else if count > max {
        Err(Invalid::new(
            field,
            Problem::TooLong,
            format!("has {count} characters, at most {max} are allowed"),
        ))
    } else {
        Ok(())
    }
}
