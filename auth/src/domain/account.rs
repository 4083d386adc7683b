//! The values of an account. Each type checks its value once, when it is parsed.

use common::{
    api::users::SignUpRequest,
    error::{ErrorCode, FieldError},
    event::{UserProfile, topology},
};
use validator::ValidateEmail as _;

use super::{length, password};

/// Names that could be mistaken for the platform itself or for a path of the site, besides those of its services.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "abuse", "account", "admin", "administrator", "anonymous", "api", "assets", "deleted", "feed", "help", "info",
    "inkstream", "mail", "media", "mine", "moderator", "moderators", "notifications", "null", "official",
    "postmaster", "root", "security", "settings", "signin", "signout", "signup", "staff", "static", "support",
    "system", "tags", "undefined", "users", "webmaster", "www",
];

fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key) || topology::service(key).is_some()
}

/// A user name: 3 to 32 of `A-Z a-z 0-9 _ -`, starting with a letter or digit, not reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Parses a user name.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        const FIELD: &str = "username";
        length(FIELD, text, 3, 32)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !text.chars().all(allowed) || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let message = "Use only letters, digits, _ and -, and start with a letter or digit";
            return Err(FieldError::new(FIELD, ErrorCode::InvalidFormat, message));
        }
        if is_reserved(&text.to_ascii_lowercase()) {
            return Err(FieldError::new(
                FIELD,
                ErrorCode::InvalidValue,
                "This user name is reserved",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// As its owner entered it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that must be unique: names that differ only in case are equal.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// An e-mail address of at most 254 characters (the limit of RFC 5321), never shown to other users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Parses an e-mail address, trimmed.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        const FIELD: &str = "email";
        let text = text.trim();
        length(FIELD, text, 3, 254)?;
        if !text.validate_email() {
            return Err(FieldError::new(
                FIELD,
                ErrorCode::InvalidFormat,
                "Enter a valid e-mail address",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// As its owner entered it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that must be unique. Case may matter before the `@` (RFC 5321, section 2.4), but does not in practice.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

/// The login of a user, normalised: a user name contains no `@`, an e-mail address always does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// The key of a user name.
    Username(String),
    /// The key of an e-mail address.
    Email(String),
}

impl Login {
    /// Parses any text; most texts match no account.
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

/// Parses a display name: 1 to 80 characters, no control characters.
pub fn display_name(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    length("name", text, 1, 80)?;
    if text.chars().any(char::is_control) {
        return Err(FieldError::new(
            "name",
            ErrorCode::InvalidFormat,
            "Remove the control characters",
        ));
    }
    Ok(text.to_owned())
}

/// Parses a bio: at most 500 characters, no control characters other than line breaks and tabs.
pub fn bio(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    length("bio", text, 0, 500)?;
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(FieldError::new(
            "bio",
            ErrorCode::InvalidFormat,
            "Remove the control characters",
        ));
    }
    Ok(text.to_owned())
}

/// The checked values of a new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub username: Username,
    /// The e-mail address.
    pub email: Email,
    /// The public profile.
    pub profile: UserProfile,
}

impl Registration {
    /// Checks all values of a new account. Without a `name` the user name is the display name.
    pub fn parse(request: &SignUpRequest) -> Result<Self, Vec<FieldError>> {
        let (username, email) = (&request.username, &request.email);
        let parsed = (
            Username::parse(username),
            Email::parse(email),
            password::check("password", request.password.expose(), username, email),
            display_name(request.name.as_ref().unwrap_or(username)),
            bio(request.bio.as_deref().unwrap_or_default()),
        );
        match parsed {
            (Ok(username), Ok(email), Ok(()), Ok(name), Ok(bio)) => Ok(Self {
                profile: UserProfile {
                    username: username.as_str().to_owned(),
                    name,
                    bio,
                },
                username,
                email,
            }),
            (username, email, password, name, bio) => {
                // An absent name cannot be invalid.
                let name = name.err().filter(|_| request.name.is_some());
                let violations = [username.err(), email.err(), password.err(), name, bio.err()];
                Err(violations.into_iter().flatten().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T: std::fmt::Debug>(result: Result<T, FieldError>) -> ErrorCode {
        result.unwrap_err().code
    }

    #[test]
    fn valid_user_names_are_kept_unchanged() {
        for name in ["ann", "Ann", "a-1", "0_0", "a23456789012345678901234567890zz"] {
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(Username::parse("ANN-x").unwrap().key(), "ann-x");
    }

    #[test]
    fn invalid_user_names_are_refused() {
        for (name, expected) in [
            ("", ErrorCode::TooShort),
            ("an", ErrorCode::TooShort),
            ("a2345678901234567890123456789012z", ErrorCode::TooLong),
            ("-ann", ErrorCode::InvalidFormat),
            ("_ann", ErrorCode::InvalidFormat),
            ("an n", ErrorCode::InvalidFormat),
            ("änn", ErrorCode::InvalidFormat),
            ("ann@example.org", ErrorCode::InvalidFormat),
            ("an\0n", ErrorCode::InvalidFormat),
            ("Admin", ErrorCode::InvalidValue),
            ("inkstream", ErrorCode::InvalidValue),
        ] {
            assert_eq!(code(Username::parse(name)), expected, "{name:?}");
        }
    }

    #[test]
    fn reserved_names_are_well_formed_and_refused() {
        let services = topology::SERVICES.iter().map(|service| service.name);
        for name in services.chain(RESERVED.iter().copied()) {
            assert_eq!(name.to_ascii_lowercase(), name);
            assert_eq!(code(Username::parse(name)), ErrorCode::InvalidValue, "{name}");
        }
    }

    #[test]
    fn an_address_is_trimmed_and_unique_regardless_of_case() {
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
            assert_eq!(code(Email::parse(text)), ErrorCode::InvalidFormat, "{text}");
        }
        let long = format!("{}@example.org", "a".repeat(250));
        assert_eq!(code(Email::parse(&long)), ErrorCode::TooLong);
    }

    #[test]
    fn a_login_is_a_user_name_or_an_address_in_any_case() {
        assert_eq!(Login::parse(" ANN "), Login::Username("ann".into()));
        assert_eq!(
            Login::parse("Ann@Example.org"),
            Login::Email("ann@example.org".into())
        );
    }

    #[test]
    fn display_names_and_bios_are_limited_and_printable() {
        assert_eq!(display_name("  Ann Other ").unwrap(), "Ann Other");
        assert_eq!(code(display_name("   ")), ErrorCode::TooShort);
        assert_eq!(code(display_name(&"ä".repeat(81))), ErrorCode::TooLong);
        assert_eq!(code(display_name("An\u{7}n")), ErrorCode::InvalidFormat);
        assert_eq!(display_name(&"ä".repeat(80)).unwrap().chars().count(), 80);
        assert_eq!(bio("line\nline").unwrap(), "line\nline");
        assert_eq!(code(bio(&"x".repeat(501))), ErrorCode::TooLong);
        assert_eq!(code(bio("bell\u{7}")), ErrorCode::InvalidFormat);
    }

    fn request(username: &str, email: &str, password: &str) -> SignUpRequest {
        SignUpRequest {
            username: username.to_owned(),
            email: email.to_owned(),
            password: password.into(),
            name: None,
            bio: None,
            token: false,
        }
    }

    #[test]
    fn all_violations_of_a_registration_are_reported_at_once() {
        let invalid = SignUpRequest {
            name: Some(String::new()),
            bio: Some("x".repeat(501)),
            ..request("a", "b", "c")
        };
        let violations = Registration::parse(&invalid).unwrap_err();
        let fields: Vec<_> = violations
            .iter()
            .filter_map(|invalid| invalid.field.as_deref())
            .collect();
        assert_eq!(fields, ["username", "email", "password", "name", "bio"]);
        let violations = Registration::parse(&request("", "ann@example.org", "a fine password")).unwrap_err();
        assert_eq!(violations.len(), 1, "{violations:?}");
    }

    #[test]
    fn without_a_name_the_user_name_is_the_display_name() {
        let ann = Registration::parse(&request("Ann", "ann@example.org", "a fine password")).unwrap();
        assert_eq!((ann.profile.name.as_str(), ann.profile.bio.as_str()), ("Ann", ""));
    }
}
