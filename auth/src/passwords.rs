//! Hashing passwords with Argon2id on blocking threads, at most as many at a time as there are cores.
//!
//! Source: OWASP Password Storage Cheat Sheet, Argon2id m=19456 (KiB) t=2 p=1; RFC 9106.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        generate_salt,
        phc::{self, Output, ParamsString, PasswordHash, Salt},
    },
};
use common::api::users::Password;
use tokio::sync::Semaphore;

use crate::domain::password::normalise;

/// Memory in KiB, passes and lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// The largest allocation that glibc may keep after it is freed (`DEFAULT_MMAP_THRESHOLD_MAX`). A larger one is returned
/// to the system, so that an idle service needs little memory.
const MAX_RETAINED_ALLOCATION: usize = 32 << 20;

/// Why a password could not be hashed or verified; an internal error.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("the password cannot be hashed")]
    Hash(#[from] argon2::Error),
    #[error("the stored hash cannot be read")]
    Stored(#[from] phc::Error),
    #[error("the parameters of the hash are invalid")]
    Params(#[from] argon2::password_hash::Error),
    #[error("the hashing was interrupted")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The password is wrong, or there is no account.
    Wrong,
    /// The password is correct.
    Correct {
        /// Whether its hash has other parameters than the current ones.
        outdated: bool,
    },
}

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    params: Params,
    permits: Arc<Semaphore>,
    /// A hash with the current parameters that no password has.
    dummy_hash: String,
}

impl Passwords {
    /// Hashing with the current parameters.
    pub fn new() -> Result<Self, PasswordError> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // Its output was not computed from any password. Verifying against it takes as long as against any other.
        let dummy_hash = format!(
            "$argon2id$v=19$m={memory},t={passes},p={lanes}$bm9ib2R5J3Mgc2FsdA${}",
            "A".repeat(43)
        );
        Ok(Self {
            params,
            permits: Arc::new(Semaphore::new(cores)),
            dummy_hash,
        })
    }

    /// The hash of `password`, as a PHC string.
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let (params, password) = (self.params.clone(), password.clone());
        self.blocking(move || {
            let salt = generate_salt();
            let hash = PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&params)?,
                salt: Some(Salt::new(&salt)?),
                hash: Some(compute(
                    Algorithm::Argon2id,
                    Version::V0x13,
                    params,
                    &normalise(password.expose()),
                    &salt,
                )?),
            };
            Ok(hash.to_string())
        })
        .await
    }

    /// Verifies `password` against `hash`. Without a hash the result is wrong after the same time.
    ///
    /// Hashes of earlier releases are of the password as it was entered.
    pub async fn verify(
        &self,
        password: &Password,
        hash: Option<&str>,
    ) -> Result<Verification, PasswordError> {
        let has_account = hash.is_some();
        let hash = hash.unwrap_or(&self.dummy_hash).to_owned();
        let (current, password) = (self.params.clone(), password.clone());
        self.blocking(move || {
            let hash = PasswordHash::new(&hash)?;
            let outdated = is_outdated(&current, &hash);
            // `Output` compares in constant time.
            let is_of = |password: &str| {
                let computed = recompute(&hash, password)?;
                Ok::<_, PasswordError>(computed.is_some() && computed == hash.hash && has_account)
            };
            let normalised = normalise(password.expose());
            if is_of(&normalised)? {
                return Ok(Verification::Correct { outdated });
            }
            if normalised != password.expose() && is_of(password.expose())? {
                return Ok(Verification::Correct { outdated: true });
            }
            Ok(Verification::Wrong)
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
            .map_err(|closed| PasswordError::Interrupted(closed.into()))?;
        // The permit moves into the thread: a client that disconnects does not free the thread.
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        task.await
            .map_err(|error| PasswordError::Interrupted(error.into()))?
    }
}

/// The output of `password` with the parameters and salt of `hash`; `None` if the hash has no salt or output.
fn recompute(hash: &PasswordHash, password: &str) -> Result<Option<Output>, PasswordError> {
    let (Some(salt), Some(_)) = (&hash.salt, &hash.hash) else {
        return Ok(None);
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash
        .version
        .map(Version::try_from)
        .transpose()?
        .unwrap_or_default();
    compute(algorithm, version, Params::try_from(hash)?, password, salt).map(Some)
}

fn compute(
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &str,
    salt: &[u8],
) -> Result<Output, PasswordError> {
    let blocks = params.block_count();
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    // Unused capacity needs no memory.
    let mut memory = Vec::with_capacity(blocks.max(MAX_RETAINED_ALLOCATION / size_of::<Block>() + 1));
    memory.resize(blocks, Block::default());
    Argon2::new(algorithm, version, params).hash_password_into_with_memory(
        password.as_bytes(),
        salt,
        &mut output,
        &mut memory,
    )?;
    Ok(Output::new(&output)?)
}

fn is_outdated(current: &Params, hash: &PasswordHash) -> bool {
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    Params::try_from(hash).map_or(true, |params| cost(&params) != cost(current))
        || hash.algorithm != Algorithm::Argon2id.ident()
        || hash.version != Some(Version::V0x13.into())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::CustomizedPasswordHasher as _;

    use super::*;

    fn secret(text: &str) -> Password {
        Password::from(text)
    }

    #[tokio::test]
    async fn the_correct_password_is_accepted_and_others_are_not() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(&secret("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(&secret("correct horse")).await.unwrap());
        let right = passwords
            .verify(&secret("correct horse"), Some(&hash))
            .await
            .unwrap();
        assert_eq!(right, Verification::Correct { outdated: false });
        let wrong = passwords
            .verify(&secret("Correct horse"), Some(&hash))
            .await
            .unwrap();
        assert_eq!(wrong, Verification::Wrong);
    }

    #[tokio::test]
    async fn without_an_account_every_password_is_wrong() {
        let passwords = Passwords::new().unwrap();
        assert_eq!(
            passwords.verify(&secret("anything"), None).await.unwrap(),
            Verification::Wrong
        );
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_outdated() {
        let passwords = Passwords::new().unwrap();
        let params = Params::new(8192, 1, 1, None).unwrap();
        let old: PasswordHash = Argon2::default()
            .hash_password_with_params(b"correct horse", &generate_salt(), params)
            .unwrap();
        let verdict = passwords
            .verify(&secret("correct horse"), Some(&old.to_string()))
            .await
            .unwrap();
        assert_eq!(verdict, Verification::Correct { outdated: true });
    }

    #[tokio::test]
    async fn a_password_may_be_entered_in_another_form_and_old_hashes_still_work() {
        let passwords = Passwords::new().unwrap();
        let (composed, decomposed) = (secret("caf\u{e9} cr\u{e8}me"), secret("cafe\u{301} cre\u{300}me"));
        let hash = passwords.hash(&decomposed).await.unwrap();
        for form in [&composed, &decomposed] {
            let verdict = passwords.verify(form, Some(&hash)).await.unwrap();
            assert_eq!(verdict, Verification::Correct { outdated: false });
        }
        let params = Params::new(COST.0, COST.1, COST.2, None).unwrap();
        let old: PasswordHash = Argon2::default()
            .hash_password_with_params("cafe\u{301} cre\u{300}me".as_bytes(), &generate_salt(), params)
            .unwrap();
        let old = old.to_string();
        let verdict = passwords.verify(&decomposed, Some(&old)).await.unwrap();
        assert_eq!(verdict, Verification::Correct { outdated: true });
        let verdict = passwords.verify(&secret("cafe creme"), Some(&old)).await.unwrap();
        assert_eq!(verdict, Verification::Wrong);
    }

    #[tokio::test]
    async fn the_library_verifies_our_hashes() {
        use argon2::PasswordVerifier as _;
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(&secret("correct horse")).await.unwrap();
        let hash = PasswordHash::new(&hash).unwrap();
        let verified = Argon2::default().verify_password(b"correct horse", &hash);
        assert!(verified.is_ok(), "{verified:?}");
    }

    #[tokio::test]
    async fn a_malformed_hash_is_an_error_or_a_wrong_password() {
        let passwords = Passwords::new().unwrap();
        assert!(
            passwords
                .verify(&secret("x"), Some("$argon2id$broken"))
                .await
                .is_err()
        );
        for cut in [
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA",
        ] {
            let verdict = passwords.verify(&secret("x"), Some(cut)).await.unwrap();
            assert_eq!(verdict, Verification::Wrong, "{cut}");
        }
    }
}
