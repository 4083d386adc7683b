//! Hashing passwords with Argon2id, on threads of their own and never more at once than there are cores.
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

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// The most bytes that glibc's allocator keeps for later once they were used (`DEFAULT_MMAP_THRESHOLD_MAX`). A larger
/// piece goes back to the system when it is freed, so an idle service is small again.
const KEPT_BY_ALLOCATOR: usize = 32 << 20;

/// Why a password could not be hashed or checked; a fault of ours.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The library refused.
    #[error("the password cannot be hashed")]
    Hash(#[from] argon2::Error),
    /// A stored hash is none.
    #[error("the stored hash cannot be read")]
    Stored(#[from] phc::Error),
    /// A stored hash has parameters that cannot be.
    #[error("the parameters of the hash are impossible")]
    Params(#[from] argon2::password_hash::Error),
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
    params: Params,
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
        let params = Params::new(memory, passes, lanes, None)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // No password has it: its output was never computed. Checking against it takes as long as any other.
        let nobody = format!(
            "$argon2id$v=19$m={memory},t={passes},p={lanes}$bm9ib2R5J3Mgc2FsdA${}",
            "A".repeat(43)
        );
        Ok(Self {
            params,
            permits: Arc::new(Semaphore::new(cores)),
            nobody,
        })
    }

    /// The hash of `password`, as a PHC string.
    ///
    /// # Errors
    /// If the library refuses or the service ends.
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
                    &password,
                    &salt,
                )?),
            };
            Ok(hash.to_string())
        })
        .await
    }

    /// Checks `password` against `hash`; without a hash it takes the same time and is wrong.
    ///
    /// # Errors
    /// If the hash cannot be read or the service ends.
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<Verdict, PasswordError> {
        let somebody = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        let (today, password) = (self.params.clone(), password.clone());
        self.blocking(move || {
            let hash = PasswordHash::new(&hash)?;
            let outdated = is_outdated(&today, &hash);
            // `Output` compares in constant time.
            let computed = recompute(&hash, &password)?;
            Ok(if computed.is_some() && computed == hash.hash && somebody {
                Verdict::Right { outdated }
            } else {
                Verdict::Wrong
            })
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

/// What `password` gives with the parameters and salt of `hash`; `None` if the hash has no salt or output.
fn recompute(hash: &PasswordHash, password: &Password) -> Result<Option<Output>, PasswordError> {
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
    password: &Password,
    salt: &[u8],
) -> Result<Output, PasswordError> {
    let blocks = params.block_count();
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    // Room that is not used costs no memory.
    let mut memory = Vec::with_capacity(blocks.max(KEPT_BY_ALLOCATOR / size_of::<Block>() + 1));
    memory.resize(blocks, Block::default());
    Argon2::new(algorithm, version, params).hash_password_into_with_memory(
        password.expose().as_bytes(),
        salt,
        &mut output,
        &mut memory,
    )?;
    Ok(Output::new(&output)?)
}

fn is_outdated(today: &Params, hash: &PasswordHash) -> bool {
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    Params::try_from(hash).map_or(true, |params| cost(&params) != cost(today))
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
    async fn a_hash_is_one_to_the_library_too() {
        use argon2::PasswordVerifier as _;
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(&secret("correct horse")).await.unwrap();
        let hash = PasswordHash::new(&hash).unwrap();
        let verified = Argon2::default().verify_password(b"correct horse", &hash);
        assert!(verified.is_ok(), "{verified:?}");
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
        for cut in [
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA",
        ] {
            let verdict = passwords.verify(&secret("x"), Some(cut)).await.unwrap();
            assert_eq!(verdict, Verdict::Wrong, "{cut}");
        }
    }
}
