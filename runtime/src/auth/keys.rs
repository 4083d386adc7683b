//! The public keys of the tokens, by key id.

use std::collections::BTreeMap;

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};

/// A key that cannot be one of ours.
#[derive(Debug, thiserror::Error)]
pub enum InvalidKey {
    /// Not a JSON Web Key.
    #[error("not a JSON Web Key")]
    Json(#[from] serde_json::Error),
    /// Another algorithm than ours.
    #[error("key `{0}` is not an Ed25519 key (kty OKP, crv Ed25519)")]
    NotEd25519(String),
    /// No `kid`, or another one than the name it is kept under.
    #[error("a key has no kid, or not the one it is filed under (`{0}`)")]
    KeyId(String),
    /// The key itself is broken.
    #[error("key `{0}` cannot be read")]
    Broken(String, #[source] jsonwebtoken::errors::Error),
}

/// Public Ed25519 keys by key id (RFC 7517 and RFC 8037). Holds no private part, whatever it is given.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: BTreeMap<String, (Jwk, DecodingKey)>,
}

impl KeySet {
    /// No key.
    pub fn new() -> Self {
        Self::default()
    }

    /// The keys of a JSON Web Key Set; any key that is not ours to use makes it fail.
    pub fn from_jwks(jwks: JwkSet) -> Result<Self, InvalidKey> {
        let mut keys = Self::new();
        for jwk in jwks.keys {
            let kid = jwk.common.key_id.clone().unwrap_or_default();
            keys.insert(&kid, jwk)?;
        }
        Ok(keys)
    }

    /// Adds or replaces the key filed under `kid`.
    pub fn insert(&mut self, kid: &str, jwk: Jwk) -> Result<(), InvalidKey> {
        if kid.is_empty() || jwk.common.key_id.as_deref() != Some(kid) {
            return Err(InvalidKey::KeyId(kid.to_owned()));
        }
        let key = match &jwk.algorithm {
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                DecodingKey::from_ed_components(&pair.x)
                    .map_err(|error| InvalidKey::Broken(kid.to_owned(), error))?
            }
            _ => return Err(InvalidKey::NotEd25519(kid.to_owned())),
        };
        self.keys.insert(kid.to_owned(), (jwk, key));
        Ok(())
    }

    /// Adds or replaces the key filed under `kid`, from its JSON.
    pub fn insert_json(&mut self, kid: &str, json: &[u8]) -> Result<(), InvalidKey> {
        self.insert(kid, serde_json::from_slice(json)?)
    }

    /// Takes the key away; whether it was there.
    pub fn remove(&mut self, kid: &str) -> bool {
        self.keys.remove(kid).is_some()
    }

    /// The keys as a JSON Web Key Set, ordered by key id.
    pub fn to_jwks(&self) -> JwkSet {
        JwkSet {
            keys: self.keys.values().map(|(jwk, _)| jwk.clone()).collect(),
        }
    }

    /// The key ids, in order.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn decoding_key(&self, kid: &str) -> Option<&DecodingKey> {
        self.keys.get(kid).map(|(_, key)| key)
    }
}

impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        self.keys
            .values()
            .map(|(jwk, _)| jwk)
            .eq(other.keys.values().map(|(jwk, _)| jwk))
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::TestIssuer;

    #[test]
    fn a_set_reads_back_from_its_json_without_private_parts() {
        let mut jwk = serde_json::to_value(TestIssuer::new("k1").jwk()).unwrap();
        jwk["d"] = "private".into();
        let mut keys = KeySet::new();
        keys.insert_json("k1", jwk.to_string().as_bytes()).unwrap();
        let json = serde_json::to_string(&keys.to_jwks()).unwrap();
        assert!(!json.contains("private"), "{json}");
        assert_eq!(
            KeySet::from_jwks(serde_json::from_str(&json).unwrap()).unwrap(),
            keys
        );
        assert!(keys.remove("k1") && !keys.remove("k1"));
    }

    #[test]
    fn other_keys_are_refused() {
        let mut keys = KeySet::new();
        let jwk = TestIssuer::new("k1").jwk();
        assert!(matches!(keys.insert("k2", jwk), Err(InvalidKey::KeyId(_))));
        let symmetric = br#"{"kty":"oct","kid":"k","k":"c2VjcmV0"}"#;
        assert!(matches!(
            keys.insert_json("k", symmetric),
            Err(InvalidKey::NotEd25519(_))
        ));
        assert!(matches!(keys.insert_json("k", b"{"), Err(InvalidKey::Json(_))));
        let broken = br#"{"kty":"OKP","crv":"Ed25519","kid":"k","x":"!"}"#;
        assert!(matches!(
            keys.insert_json("k", broken),
            Err(InvalidKey::Broken(..))
        ));
    }
}
