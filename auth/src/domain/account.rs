//! The values an account is made of, each checked once, where it is made.

use common::event::UserProfile;
use validator::ValidateEmail as _;

use super::{Invalid, Problem, length, password};

/// Names that would pass for the platform itself or for a part of an address.
const RESERVED: &[&str] = &[
    "abuse",
    "account",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "assets",
    "auth",
    "comments",
    "deleted",
    "feed",
    "help",
    "info",
    "inkstream",
    "mail",
    "media",
    "mine",
    "moderation",
    "moderator",
    "moderators",
    "notifications",
    "null",
    "official",
    "postmaster",
    "posts",
    "query",
    "root",
    "security",
    "settings",
    "signin",
    "signout",
    "signup",
    "staff",
    "static",
    "support",
    "system",
    "tags",
    "undefined",
    "users",
    "webmaster",
    "www",
];

/// A user name: 3 to 32 of `A-Z a-z 0-9 _ -`, beginning with a letter or digit, not reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Takes `text` as a user name.
    ///
    /// # Errors
    /// If it is none; the field is `username`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const FIELD: &str = "username";
        length(FIELD, text, 3, 32)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !text.chars().all(allowed) || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let message = "holds letters, digits, _ and - only, and begins with a letter or digit";
            return Err(Invalid::new(FIELD, Problem::Format, message));
        }
        if RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
            return Err(Invalid::new(FIELD, Problem::NotAllowed, "is reserved"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes it unique: names that differ in case alone are the same.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// An e-mail address of at most 254 characters (RFC 5321 leaves no room for more), never shown to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Takes `text`, without blanks around it, as an e-mail address.
    ///
    /// # Errors
    /// If it is none; the field is `email`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const FIELD: &str = "email";
        let text = text.trim();
        length(FIELD, text, 3, 254)?;
        if !text.validate_email() {
            return Err(Invalid::new(FIELD, Problem::Format, "is not an e-mail address"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes it unique. Case counts in theory before the `@` (RFC 5321, section 2.4), nowhere in practice.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

/// What somebody types to sign in, as it is looked up: a user name holds no `@`, an e-mail address always does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A user name's key.
    Username(String),
    /// An e-mail address's key.
    Email(String),
}

impl Login {
    /// What `text` names. Anything does; most of it finds nobody.
    pub fn parse(text: &str) -> Self {
        let key = text.trim().to_lowercase();
        if key.contains('@') {
            Self::Email(key)
        } else {
            Self::Username(key)
        }
    }

    /// The key to look up.
    pub fn key(&self) -> &str {
        match self {
            Self::Username(key) | Self::Email(key) => key,
        }
    }
}

/// The name shown: 1 to 80 characters, no control characters.
///
/// # Errors
/// If it is none; the field is `name`.
pub fn display_name(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    length("name", text, 1, 80)?;
    if text.chars().any(char::is_control) {
        return Err(Invalid::new("name", Problem::Format, "holds control characters"));
    }
    Ok(text.to_owned())
}

/// A few words of one's own: at most 500 characters, no control characters but line ends.
///
/// # Errors
/// If it is none; the field is `bio`.
pub fn bio(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    length("bio", text, 0, 500)?;
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Invalid::new("bio", Problem::Format, "holds control characters"));
    }
    Ok(text.to_owned())
}

/// Somebody who may be signed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The user name.
    pub username: Username,
    /// The e-mail address.
    pub email: Email,
    /// What others will see.
    pub profile: UserProfile,
}

impl Registration {
    /// Checks everything that somebody signs up with, and reports all that is wrong at once. Without a `name`
    /// the user name is shown.
    ///
    /// # Errors
    /// What is wrong, in the order of the fields.
    pub fn parse(
        username: &str,
        email: &str,
        password: &str,
        name: Option<&str>,
        about: Option<&str>,
    ) -> Result<Self, Vec<Invalid>> {
        let parsed = (
            Username::parse(username),
            Email::parse(email),
            password::check("password", password, username, email),
            display_name(name.unwrap_or(username)),
            bio(about.unwrap_or_default()),
        );
        match parsed {
            (Ok(username), Ok(email), Ok(()), Ok(name), Ok(bio)) => {
                let profile = UserProfile {
                    username: username.as_str().to_owned(),
                    name,
                    bio,
                };
                Ok(Self {
                    username,
                    email,
                    profile,
                })
            }
            (username, email, password, shown, bio) => {
                // A name that was not given cannot be wrong.
                let shown = shown.err().filter(|_| name.is_some());
                let wrong = [username.err(), email.err(), password.err(), shown, bio.err()];
                Err(wrong.into_iter().flatten().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<T: std::fmt::Debug>(result: Result<T, Invalid>) -> Problem {
        result.unwrap_err().problem
    }

    #[test]
    fn user_names_that_are_taken_as_they_are() {
        for name in ["ann", "Ann", "a-1", "0_0", "a23456789012345678901234567890zz"] {
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(Username::parse("ANN-x").unwrap().key(), "ann-x");
    }

    #[test]
    fn user_names_that_are_refused() {
        for (name, expected) in [
            ("", Problem::TooShort),
            ("an", Problem::TooShort),
            ("a2345678901234567890123456789012z", Problem::TooLong),
            ("-ann", Problem::Format),
            ("_ann", Problem::Format),
            ("an n", Problem::Format),
            ("änn", Problem::Format),
            ("ann@example.org", Problem::Format),
            ("an\0n", Problem::Format),
            ("Admin", Problem::NotAllowed),
            ("inkstream", Problem::NotAllowed),
        ] {
            assert_eq!(problem(Username::parse(name)), expected, "{name:?}");
        }
    }

    #[test]
    fn reserved_names_could_be_user_names_otherwise() {
        for name in RESERVED {
            assert_eq!(name.to_ascii_lowercase(), *name);
            assert_eq!(problem(Username::parse(name)), Problem::NotAllowed, "{name}");
        }
    }

    #[test]
    fn an_address_is_trimmed_kept_as_written_and_unique_without_case() {
        let email = Email::parse("  Ann@Example.ORG ").unwrap();
        assert_eq!(
            (email.as_str(), email.key().as_str()),
            ("Ann@Example.ORG", "ann@example.org")
        );
        for text in [
            "ann",
            "@example.org",
            "ann@",
            "a b@example.org",
            "ann@exa mple.org",
            "ann@@example.org",
        ] {
            assert_eq!(problem(Email::parse(text)), Problem::Format, "{text}");
        }
        let long = format!("{}@example.org", "a".repeat(250));
        assert_eq!(problem(Email::parse(&long)), Problem::TooLong);
    }

    #[test]
    fn a_login_is_a_name_or_an_address_in_any_case() {
        assert_eq!(Login::parse(" ANN "), Login::Username("ann".into()));
        assert_eq!(
            Login::parse("Ann@Example.org"),
            Login::Email("ann@example.org".into())
        );
    }

    #[test]
    fn names_and_bios_are_short_and_printable() {
        assert_eq!(display_name("  Ann Other ").unwrap(), "Ann Other");
        assert_eq!(problem(display_name("   ")), Problem::TooShort);
        assert_eq!(problem(display_name(&"ä".repeat(81))), Problem::TooLong);
        assert_eq!(problem(display_name("An\u{7}n")), Problem::Format);
        assert_eq!(display_name(&"ä".repeat(80)).unwrap().chars().count(), 80);
        assert_eq!(bio("line\nline").unwrap(), "line\nline");
        assert_eq!(problem(bio(&"x".repeat(501))), Problem::TooLong);
        assert_eq!(problem(bio("bell\u{7}")), Problem::Format);
    }

    #[test]
    fn all_that_is_wrong_with_a_registration_is_told_at_once() {
        let wrong = Registration::parse("a", "b", "c", Some(""), Some(&"x".repeat(501))).unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|invalid| invalid.field).collect();
        assert_eq!(fields, ["username", "email", "password", "name", "bio"]);
        let wrong = Registration::parse("", "ann@example.org", "a fine password", None, None).unwrap_err();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
    }

    #[test]
    fn without_a_name_the_user_name_is_shown() {
        let ann = Registration::parse("Ann", "ann@example.org", "a fine password", None, None).unwrap();
        assert_eq!((ann.profile.name.as_str(), ann.profile.bio.as_str()), ("Ann", ""));
    }
}
