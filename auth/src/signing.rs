//! Creating, sealing, opening and using signing keys. The only place that issues tokens.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, hkdf,
    rand::{SecureRandom as _, SystemRandom},
};
use common::claims::Claims;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{Jwk, KeyAlgorithm, PublicKeyUse},
};
use runtime::config::Secret;
use serde::{Deserialize, Serialize};

/// Bytes of an Ed25519 private key (RFC 8032).
const SEED_LEN: usize = 32;
/// The prefix that makes a seed a PKCS#8 key (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
/// The minimum length in bytes of the secret that seals keys.
const SECRET_LEN: usize = 32;

/// Why a key cannot be created, sealed or used.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error("KEY_ENCRYPTION_SECRET must be at least 64 hexadecimal digits, e.g. of `openssl rand -hex 32`")]
    Secret,
    #[error(
        "the signing key `{0}` cannot be opened: KEY_ENCRYPTION_SECRET is not the one it was sealed with; \
         restore that secret, or create a new key with `auth keys rotate`"
    )]
    Sealed(String),
    #[error("the cryptographic library failed")]
    Library,
    #[error("the key cannot be used")]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// Seals private keys with AES-256-GCM, under a key derived (HKDF-SHA256) from the operator's secret.
pub struct Sealer(LessSafeKey);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// A sealed private key as stored, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    nonce: String,
    ciphertext: String,
}

impl Sealer {
    /// A sealer under `secret`, in hexadecimal.
    pub fn new(secret: &Secret) -> Result<Self, SigningError> {
        let secret = hex::decode(secret.expose().trim()).map_err(|_hides_the_secret| SigningError::Secret)?;
        if secret.len() < SECRET_LEN {
            return Err(SigningError::Secret);
        }
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"inkstream");
        let mut key = [0; 32];
        let derived = salt.extract(&secret);
        derived
            .expand(&[b"auth signing keys v1"], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .and_then(|()| UnboundKey::new(&AES_256_GCM, &key))
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_unspecified| SigningError::Library)
    }

    fn seal(&self, kid: &str, seed: &[u8]) -> Result<Sealed, SigningError> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut bytes = seed.to_vec();
        // The key's id is authenticated, so that the sealed keys of two documents cannot be swapped.
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(kid.as_bytes()),
                &mut bytes,
            )
            .map_err(|_unspecified| SigningError::Library)?;
        Ok(Sealed {
            nonce: hex::encode(nonce),
            ciphertext: hex::encode(bytes),
        })
    }

    fn open(&self, kid: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = hex::decode(&sealed.nonce).ok()?.try_into().ok()?;
        let mut bytes = hex::decode(&sealed.ciphertext).ok()?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let seed = self
            .0
            .open_in_place(nonce, Aad::from(kid.as_bytes()), &mut bytes)
            .ok()?;
        Some(seed.to_vec())
    }
}

/// An opened key, which signs tokens.
pub struct SigningKey {
    kid: String,
    key: EncodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

/// A new key: the public key, and the sealed private key.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub kid: String,
    pub public: Jwk,
    pub sealed: Sealed,
}

impl SigningKey {
    /// Creates a key.
    pub fn generate(sealer: &Sealer) -> Result<NewKey, SigningError> {
        let seed: [u8; SEED_LEN] = random()?;
        let key = encoding_key(&seed);
        let mut public = Jwk::from_encoding_key(&key, Algorithm::EdDSA)?;
        let kid = key_id(&public);
        public.common.key_id = Some(kid.clone());
        public.common.key_algorithm = Some(KeyAlgorithm::EdDSA);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let sealed = sealer.seal(&kid, &seed)?;
        Ok(NewKey { kid, public, sealed })
    }

    /// Opens a sealed key.
    pub fn open(sealer: &Sealer, kid: &str, sealed: &Sealed) -> Result<Self, SigningError> {
        let seed = sealer
            .open(kid, sealed)
            .filter(|seed| seed.len() == SEED_LEN)
            .ok_or_else(|| SigningError::Sealed(kid.to_owned()))?;
        Ok(Self {
            kid: kid.to_owned(),
            key: encoding_key(&seed),
        })
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs a token with `claims`.
    pub fn sign(&self, claims: &Claims) -> Result<String, SigningError> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        Ok(encode(&header, claims, &self.key)?)
    }
}

fn encoding_key(seed: &[u8]) -> EncodingKey {
    EncodingKey::from_ed_der(&[&PKCS8_PREFIX, seed].concat())
}

/// The first sixteen hexadecimal digits of the public key's hash.
fn key_id(public: &Jwk) -> String {
    let text = serde_json::to_string(&public.algorithm).unwrap_or_default();
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hex::encode(&hash.as_ref()[..8])
}

fn random<const N: usize>() -> Result<[u8; N], SigningError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_unspecified| SigningError::Library)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use common::{
        event::{Role, Timestamp},
        ids::{SessionId, UserId},
    };
    use runtime::auth::{KeySet, Verifier};

    use super::*;

    fn sealer(digit: &str) -> Sealer {
        Sealer::new(&Secret::from(digit.repeat(64))).unwrap()
    }

    #[test]
    fn a_token_of_a_sealed_and_opened_key_is_verified_by_its_public_key() {
        let new = SigningKey::generate(&sealer("a")).unwrap();
        let key = SigningKey::open(&sealer("a"), &new.kid, &new.sealed).unwrap();
        let now = Timestamp::now();
        let end = now.plus(Duration::from_secs(60));
        let claims = Claims::new(
            UserId::generate(),
            "ann",
            Role::Author,
            SessionId::generate(),
            now,
            end,
        );
        let mut keys = KeySet::new();
        keys.insert(&new.kid, new.public).unwrap();
        let verifier = Verifier::new(false);
        verifier.set_keys(keys);
        assert_eq!(verifier.verify(&key.sign(&claims).unwrap()).unwrap(), claims);
    }

    #[test]
    fn another_secret_or_id_cannot_open_a_key() {
        let new = SigningKey::generate(&sealer("a")).unwrap();
        let other = SigningKey::generate(&sealer("a")).unwrap();
        assert_ne!(new.kid, other.kid);
        for (sealer, kid) in [(sealer("b"), &new.kid), (sealer("a"), &other.kid)] {
            let refused = SigningKey::open(&sealer, kid, &new.sealed);
            assert!(matches!(refused, Err(SigningError::Sealed(_))), "{refused:?}");
        }
    }

    #[test]
    fn the_public_key_does_not_contain_the_private_key() {
        let new = SigningKey::generate(&sealer("a")).unwrap();
        let json = serde_json::to_value(&new.public).unwrap();
        assert_eq!(
            (json["crv"].as_str(), json["use"].as_str()),
            (Some("Ed25519"), Some("sig"))
        );
        assert!(json.get("d").is_none(), "{json}");
    }

    #[test]
    fn a_secret_is_hexadecimal_and_long_enough() {
        for text in ["", "abc", &"a".repeat(62), &"g".repeat(64)] {
            assert!(
                matches!(Sealer::new(&Secret::from(text)), Err(SigningError::Secret)),
                "{text}"
            );
        }
        assert!(Sealer::new(&Secret::from(format!(" {}\n", "AB".repeat(40)))).is_ok());
    }
}
