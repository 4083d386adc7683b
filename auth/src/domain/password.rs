//! Which passwords are taken: long enough, and not among the first that anybody would try.
//!
//! Source: NIST SP 800-63B-4, section 3.1.1.2: length and a blocklist, no rules of composition.

use std::sync::LazyLock;

use super::{Invalid, Problem, length};

/// The fewest and the most characters. The most only bounds the work of hashing.
pub const MIN: usize = 8;
pub const MAX: usize = 128;

/// About 11,600 of the passwords met most often in leaks, those of 8 characters and more, in lower case, sorted
/// by bytes. From the frequency list of zxcvbn 3.1.1 (MIT, (c) 2016 Joshua Holmer), and a few of our own.
static COMMON: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../../data/common-passwords.txt").lines().collect());

/// Whether `password` may be one, of somebody with this user name and e-mail address.
///
/// # Errors
/// If it is too short, too long, too common, or one's own name or address; never with the password in it.
pub fn check(field: &'static str, password: &str, username: &str, email: &str) -> Result<(), Invalid> {
    length(field, password, MIN, MAX)?;
    let lower = password.to_lowercase();
    let same = |text: &str| lower == text.trim().to_lowercase();
    let local_part = email.rsplit_once('@').map_or(email, |(local, _)| local);
    if same(username) || same(email) || same(local_part) {
        let message = "is your user name or e-mail address";
        return Err(Invalid::new(field, Problem::CommonPassword, message));
    }
    let one_character = lower.chars().all(|c| lower.starts_with(c));
    if one_character || COMMON.binary_search(&lower.as_str()).is_ok() {
        let message = "is among the passwords that are tried first";
        return Err(Invalid::new(field, Problem::CommonPassword, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> Option<Problem> {
        check("password", password, "annalena", "Ann.Other@example.org")
            .err()
            .map(|invalid| invalid.problem)
    }

    #[test]
    fn the_list_is_sorted_in_lower_case_and_long_enough() {
        assert!(COMMON.len() > 10_000, "{}", COMMON.len());
        assert!(COMMON.is_sorted_by(|a, b| a < b));
        for password in COMMON.iter() {
            assert_eq!(password.to_lowercase(), *password);
            assert!(password.chars().count() >= MIN, "{password} is refused anyway");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(refused("1234567"), Some(Problem::TooShort));
        assert_eq!(refused("äöüßäöü"), Some(Problem::TooShort));
        assert_eq!(refused("äöüßäöüß"), None);
        assert_eq!(refused(&"äö".repeat(64)), None);
        assert_eq!(refused(&"ä1".repeat(65)), Some(Problem::TooLong));
    }

    #[test]
    fn what_is_tried_first_is_refused_in_any_case() {
        for password in [
            "password",
            "PassWord1",
            "12345678",
            "qwertyuiop",
            "correct horse battery staple",
            "zzzzzzzzzzzz",
        ] {
            assert_eq!(refused(password), Some(Problem::CommonPassword), "{password}");
        }
        assert_eq!(refused("correct horse and battery"), None);
    }

    #[test]
    fn one_s_own_name_is_refused() {
        for password in ["AnnaLena", "ann.other@EXAMPLE.org", "ann.other"] {
            assert_eq!(refused(password), Some(Problem::CommonPassword), "{password}");
        }
    }

    #[test]
    fn the_refusal_does_not_repeat_the_password() {
        let refusal = check("password", "password1", "ann", "").unwrap_err();
        assert!(!refusal.message.contains("password1"));
    }
}
