//! The rules for passwords: long enough, and not easily guessed.
//!
//! Source: NIST SP 800-63B-4, section 3.1.1.2: length and a blocklist, no rules of composition.

use std::borrow::Cow;

use common::error::{ErrorCode, FieldError};
use precis_profiles::{OpaqueString, precis_core::profile::Profile as _};
use zxcvbn::{Score, zxcvbn};

use super::length;

/// The minimum and maximum number of characters. The maximum only limits the work of hashing.
pub const MIN: usize = 8;
pub const MAX: usize = 128;

/// Longer passwords are on no list, and estimating them takes long.
const MAX_ESTIMATED: usize = 40;

/// The password as it is hashed: the same for all ways in which keyboards and systems enter it (RFC 8265, section 4.2).
/// One that the profile does not permit, such as one with a control character, stays as it is.
pub fn normalise(password: &str) -> Cow<'_, str> {
    let enforced = OpaqueString::new().enforce(password);
    enforced.unwrap_or(Cow::Borrowed(password))
}

/// Checks the password of a user with this user name and e-mail address.
///
/// # Errors
/// If it is too short, too long, or can be guessed within a million attempts from common passwords, words, keyboard
/// patterns, their usual variations, and the user's name and address. The error never contains the password.
pub fn check(field: &str, password: &str, username: &str, email: &str) -> Result<(), FieldError> {
    let password = &normalise(password);
    length(field, password, MIN, MAX)?;
    let lower = password.to_lowercase();
    let local_part = email.rsplit_once('@').map_or(email, |(local, _)| local);
    let own = [username.trim(), email.trim(), local_part];
    if own.iter().any(|text| lower == text.to_lowercase()) {
        let message = "Do not use your user name or e-mail address";
        return Err(FieldError::new(field, ErrorCode::CommonPassword, message));
    }
    let is_one_character = lower.chars().all(|c| lower.starts_with(c));
    let is_guessable =
        || lower.chars().count() <= MAX_ESTIMATED && zxcvbn(password, &own).score() <= Score::One;
    if is_one_character || is_guessable() {
        let message = "This password is too common";
        return Err(FieldError::new(field, ErrorCode::CommonPassword, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> Option<ErrorCode> {
        check("password", password, "annalena", "Ann.Other@example.org")
            .err()
            .map(|invalid| invalid.code)
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(refused("1234567"), Some(ErrorCode::TooShort));
        assert_eq!(refused("äöüßäöü"), Some(ErrorCode::TooShort));
        assert_eq!(refused("äöüßgrün"), None);
        assert_eq!(refused(&"äö".repeat(64)), None);
        assert_eq!(refused(&"ä1".repeat(65)), Some(ErrorCode::TooLong));
    }

    #[test]
    fn a_password_is_the_same_however_it_is_entered() {
        assert_eq!(normalise("Cafe\u{301} cre\u{300}me"), "Café crème");
        assert_eq!(normalise("no\u{A0}break\u{3000}space"), "no break space");
        for unchanged in ["correct horse", "ｆｕｌｌ", "tab\tinside", "👩\u{200D}💻", ""] {
            assert_eq!(normalise(unchanged), unchanged);
        }
        assert_eq!(refused("e\u{301}".repeat(4).as_str()), Some(ErrorCode::TooShort));
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for password in [
            "password",
            "PassWord1",
            "12345678",
            "qwertyuiop",
            "zzzzzzzzzzzz",
            "p4ssw0rd",
            "iloveyou1",
            "asdfghjkl",
        ] {
            assert_eq!(refused(password), Some(ErrorCode::CommonPassword), "{password}");
        }
        assert_eq!(refused("correct horse and battery"), None);
    }

    #[test]
    fn the_user_s_own_name_is_refused() {
        for password in ["AnnaLena", "ann.other@EXAMPLE.org", "ann.other"] {
            assert_eq!(refused(password), Some(ErrorCode::CommonPassword), "{password}");
        }
    }

    #[test]
    fn the_error_does_not_contain_the_password() {
        let refusal = check("password", "password1", "ann", "").unwrap_err();
        assert!(!refusal.message.contains("password1"));
    }
}
