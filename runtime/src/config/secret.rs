//! Values that must not be logged.

use std::{convert::Infallible, fmt, str::FromStr};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

/// A secret string: `Debug` hides it, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Returns the secret itself, which must not reach errors or logs.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The non-empty parts between separators, trimmed, such as the addresses of several servers.
    pub(super) fn split(&self, separator: char) -> Vec<Self> {
        let parts = self.expose().split(separator).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(Self::from).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
