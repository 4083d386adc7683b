//! The service's name and its own settings.

use std::path::PathBuf;

use clap::Args;
use runtime::{
    config::{ConfigError, Secret},
    service::StartError,
};

use crate::signing::Sealer;

/// Flags and environment variables of the auth service.
#[derive(Debug, Clone, Args)]
pub struct AuthSettings {
    /// Secret that seals the signing keys in the database: at least 64 hexadecimal digits, e.g. from
    /// `openssl rand -hex 32`; prefer the file
    #[arg(long, env = "KEY_ENCRYPTION_SECRET", hide_env_values = true)]
    pub key_encryption_secret: Option<Secret>,

    /// File with the secret that seals the signing keys
    #[arg(long, env = "KEY_ENCRYPTION_SECRET_FILE")]
    pub key_encryption_secret_file: Option<PathBuf>,

    /// Maximum number of wrong passwords per client address in 15 minutes; 0 disables the limit
    #[arg(long, env = "SIGNIN_FAILURES_PER_ADDRESS", default_value_t = 50)]
    pub signin_failures_per_address: u32,

    /// Maximum number of new accounts per client address in an hour; 0 disables the limit
    #[arg(long, env = "SIGNUPS_PER_ADDRESS", default_value_t = 500)]
    pub signups_per_address: u32,
}

impl AuthSettings {
    /// The default settings with `secret`, in hexadecimal.
    pub fn with_secret(secret: &str) -> Self {
        Self {
            key_encryption_secret: Some(Secret::from(secret)),
            key_encryption_secret_file: None,
            signin_failures_per_address: 50,
            signups_per_address: 500,
        }
    }

    /// The sealer of the signing keys.
    ///
    /// # Errors
    /// If the secret is missing, unreadable or too short; the error says what to do.
    pub fn sealer(&self) -> Result<Sealer, StartError> {
        let incomplete = |error| StartError::new("the settings are not complete", error);
        let secret = Secret::from_value_or_file(
            "KEY_ENCRYPTION_SECRET",
            self.key_encryption_secret.clone(),
            "KEY_ENCRYPTION_SECRET_FILE",
            self.key_encryption_secret_file.clone(),
        )
        .map_err(incomplete)?
        .ok_or(ConfigError::Missing {
            name: "KEY_ENCRYPTION_SECRET",
            remedy: "set it to the output of `openssl rand -hex 32`, \
                     or KEY_ENCRYPTION_SECRET_FILE to a file that contains it, and keep it",
        })
        .map_err(incomplete)?;
        Sealer::new(&secret).map_err(|error| StartError::new("the settings are not complete", error))
    }
}
