//! The public keys that verify tokens, by key id.

use std::collections::BTreeMap;

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};

/// A key that cannot verify tokens.
#[derive(Debug, thiserror::Error)]
pub enum InvalidKey {
    /// Not a JSON Web Key.
    #[error("not a JSON Web Key")]
    Json(#[from] serde_json::Error),
    /// Another algorithm.
    #[error("key `{0}` is not an Ed25519 key (kty OKP, crv Ed25519)")]
    NotEd25519(String),
    /// The `kid` is missing or differs from the name under which the key is stored.
    #[error("the kid of a key is missing or differs from its name (`{0}`)")]
    KeyId(String),
    /// The key itself is invalid.
    #[error("key `{0}` is invalid")]
    Invalid(String, #[source] jsonwebtoken::errors::Error),
}

/// Public Ed25519 keys by key id (RFC 7517 and RFC 8037). Private parts of a key are discarded.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: BTreeMap<String, (Jwk, DecodingKey)>,
}

impl KeySet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the keys of a JSON Web Key Set.
    ///
    /// # Errors
    /// If any of them cannot verify tokens.
    pub fn from_jwks(jwks: JwkSet) -> Result<Self, InvalidKey> {
        let mut keys = Self::new();
        for jwk in jwks.keys {
            let kid = jwk.common.key_id.clone().unwrap_or_default();
            keys.insert(&kid, jwk)?;
        }
        Ok(keys)
    }

    /// Adds or replaces the key with this `kid`.
    pub fn insert(&mut self, kid: &str, jwk: Jwk) -> Result<(), InvalidKey> {
        if kid.is_empty() || jwk.common.key_id.as_deref() != Some(kid) {
            return Err(InvalidKey::KeyId(kid.to_owned()));
        }
        let key = match &jwk.algorithm {
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                DecodingKey::from_ed_components(&pair.x)
                    .map_err(|error| InvalidKey::Invalid(kid.to_owned(), error))?
            }
            _ => return Err(InvalidKey::NotEd25519(kid.to_owned())),
        };
        self.keys.insert(kid.to_owned(), (jwk, key));
        Ok(())
    }

    /// Adds or replaces the key with this `kid`, from its JSON.
    pub fn insert_json(&mut self, kid: &str, json: &[u8]) -> Result<(), InvalidKey> {
        self.insert(kid, serde_json::from_slice(json)?)
    }

    /// Removes the key; returns whether it existed.
    pub fn remove(&mut self, kid: &str) -> bool {
        self.keys.remove(kid).is_some()
    }

    /// Returns the keys as a JSON Web Key Set, ordered by key id.
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
    fn a_set_is_read_from_its_json_without_private_parts() {
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
    fn other_keys_are_rejected() {
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
            Err(InvalidKey::Invalid(..))
        ));
    }
}
