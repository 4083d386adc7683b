//! Hashing passwords with Argon2id, on threads of their own and never more at once than there are cores.
//!
//! Source: OWASP Password Storage Cheat Sheet, Argon2id m=19456 (KiB) t=2 p=1; RFC 9106.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, generate_salt, phc::PasswordHash},
};
use common::config::Secret;
use tokio::sync::Semaphore;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Why a password could not be hashed or checked; a fault of ours.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The library refused.
    #[error("the password cannot be hashed")]
    Hash(#[source] password_hash::Error),
    /// The parameters are impossible.
    #[error("the parameters of the hash are impossible")]
    Params(#[source] argon2::Error),
    /// The thread broke down, or the service ends.
    #[error("the hashing was cut off")]
    CutOff(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password, or there is nobody.
    Wrong,
    /// It is the password; `outdated` if its hash was made with other parameters than today's.
    Right {
        /// Whether the hash is to be made anew.
        outdated: bool,
    },
}

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    /// The hash of nobody's password, with today's parameters.
    nobody: String,
}

impl Passwords {
    /// Hashing with today's parameters.
    ///
    /// # Errors
    /// If the parameters are impossible.
    pub fn new() -> Result<Self, PasswordError> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None).map_err(PasswordError::Params)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // No password has it: its output was never computed. Checking against it takes as long as any other.
        let nobody = format!(
            "$argon2id$v=19$m={memory},t={passes},p={lanes}$bm9ib2R5J3Mgc2FsdA${}",
            "A".repeat(43)
        );
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            permits: Arc::new(Semaphore::new(cores)),
            nobody,
        })
    }

    /// The hash of `password`, as a PHC string.
    ///
    /// # Errors
    /// If the library refuses or the service ends.
    pub async fn hash(&self, password: &Secret) -> Result<String, PasswordError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.blocking(move || {
            let hash = argon2.hash_password_with_salt(password.expose().as_bytes(), &generate_salt());
            hash.map(|hash: PasswordHash| hash.to_string())
                .map_err(PasswordError::Hash)
        })
        .await
    }

    /// Checks `password` against `hash`; without a hash it takes the same time and is wrong.
    ///
    /// # Errors
    /// If the hash cannot be read or the service ends.
    pub async fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<Verdict, PasswordError> {
        let somebody = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.blocking(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| PasswordError::Hash(error.into()))?;
            match argon2.verify_password(password.expose().as_bytes(), &hash) {
                Ok(()) if somebody => Ok(Verdict::Right {
                    outdated: is_outdated(&argon2, &hash),
                }),
                Ok(()) | Err(password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
                Err(error) => Err(PasswordError::Hash(error)),
            }
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|closed| PasswordError::CutOff(closed.into()))?;
        // The permit goes along: a client that hangs up frees no thread.
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        task.await.map_err(|error| PasswordError::CutOff(error.into()))?
    }
}

fn is_outdated(argon2: &Argon2<'_>, hash: &PasswordHash) -> bool {
    let today = argon2.params();
    let other = Params::try_from(hash).map_or(true, |params| {
        (params.m_cost(), params.t_cost(), params.p_cost())
            != (today.m_cost(), today.t_cost(), today.p_cost())
    });
    other || hash.algorithm != Algorithm::Argon2id.ident() || hash.version != Some(Version::V0x13.into())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::CustomizedPasswordHasher as _;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::from(text)
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_others_are_wrong() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(&secret("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(&secret("correct horse")).await.unwrap());
        let right = passwords
            .verify(&secret("correct horse"), Some(&hash))
            .await
            .unwrap();
        assert_eq!(right, Verdict::Right { outdated: false });
        let wrong = passwords
            .verify(&secret("Correct horse"), Some(&hash))
            .await
            .unwrap();
        assert_eq!(wrong, Verdict::Wrong);
    }

    #[tokio::test]
    async fn nobody_is_checked_as_everybody_and_wrong() {
        let passwords = Passwords::new().unwrap();
        assert_eq!(
            passwords.verify(&secret("anything"), None).await.unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_right_and_outdated() {
        let passwords = Passwords::new().unwrap();
        let params = Params::new(8192, 1, 1, None).unwrap();
        let old: PasswordHash = Argon2::default()
            .hash_password_with_params(b"correct horse", &generate_salt(), params)
            .unwrap();
        let verdict = passwords
            .verify(&secret("correct horse"), Some(&old.to_string()))
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Right { outdated: true });
    }

    #[tokio::test]
    async fn a_broken_hash_is_an_error_and_not_a_right_password() {
        let passwords = Passwords::new().unwrap();
        assert!(
            passwords
                .verify(&secret("x"), Some("$argon2id$broken"))
                .await
                .is_err()
        );
    }
}
